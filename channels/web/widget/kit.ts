// What chat.js lends to the part that is loaded later, chat-more.js: Preact and the chat's own things, of which there
// must be one each. server/webbuild puts more/borrowed.ts in the place of these modules there.

import { Fragment, jsx, jsxs } from 'preact/jsx-runtime'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { keep, kept, newID } from './keep'
import { useBack, useNow, useView } from './view/context'

export const kit = { Fragment, jsx, jsxs, useEffect, useLayoutEffect, useRef, useState, keep, kept, newID, useBack, useNow, useView }

export type Kit = typeof kit
