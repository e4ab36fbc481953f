// Stands in chat-more.js for the modules that it has from chat.js. Nothing here may be used before borrow was called.

import type { Kit } from '../kit'

export let Fragment: Kit['Fragment']
export let jsx: Kit['jsx']
export let jsxs: Kit['jsxs']
export let useEffect: Kit['useEffect']
export let useLayoutEffect: Kit['useLayoutEffect']
export let useRef: Kit['useRef']
export let useState: Kit['useState']
export let keep: Kit['keep']
export let kept: Kit['kept']
export let newID: Kit['newID']
export let useBack: Kit['useBack']
export let useNow: Kit['useNow']
export let useView: Kit['useView']

export function borrow(kit: Kit): void {
  ;({ Fragment, jsx, jsxs, useEffect, useLayoutEffect, useRef, useState, keep, kept, newID, useBack, useNow, useView } = kit)
}
