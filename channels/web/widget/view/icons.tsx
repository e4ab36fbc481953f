// Line icons, 24 units square, drawn in the text's colour. They are decoration: the words beside them carry the meaning.

const icon = (d: string) => () => (
  <svg class="pd-icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
    <path d={d} fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" />
  </svg>
)

export const TerminalIcon = /* @__PURE__ */ icon('M7 3h10a1.5 1.5 0 0 1 1.5 1.5v15A1.5 1.5 0 0 1 17 21H7a1.5 1.5 0 0 1-1.5-1.5v-15A1.5 1.5 0 0 1 7 3ZM8.5 6.5h7v4h-7zM9 14h.01M12 14h.01M15 14h.01M9 17.5h.01M12 17.5h.01M15 17.5h.01')
export const PersonIcon = /* @__PURE__ */ icon('M12 12a3.75 3.75 0 1 0 0-7.5 3.75 3.75 0 0 0 0 7.5ZM4.75 20c.7-3.3 3.6-5 7.25-5s6.55 1.7 7.25 5')
export const CheckIcon = /* @__PURE__ */ icon('m5 12.5 4.5 4.5L19 7.5')
export const MoreIcon = /* @__PURE__ */ icon('M5.5 12h.01M12 12h.01M18.5 12h.01')
export const DownIcon = /* @__PURE__ */ icon('m6 9.5 6 6 6-6')
export const RightIcon = /* @__PURE__ */ icon('m9.5 6 6 6-6 6')
export const SendIcon = /* @__PURE__ */ icon('M12 19V5.5M6 11l6-6 6 6')
export const AlertIcon = /* @__PURE__ */ icon('M12 8v5M12 16.3h.01M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17Z')
export const StopIcon = /* @__PURE__ */ icon('M6 6l12 12M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17Z')
export const ClockIcon = /* @__PURE__ */ icon('M12 7.5V12l3 2M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17Z')
export const TicketIcon = /* @__PURE__ */ icon('M4 7.5A1.5 1.5 0 0 1 5.5 6h13A1.5 1.5 0 0 1 20 7.5V10a2 2 0 0 0 0 4v2.5a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 16.5V14a2 2 0 0 0 0-4zM14 6v2M14 11v2M14 16v2')
export const OfflineIcon = /* @__PURE__ */ icon('M4 4l16 16M8.5 15.5a5 5 0 0 1 5.5-1M5 12a10 10 0 0 1 3.5-2.3M12.5 9a10 10 0 0 1 6.5 3M12 19h.01')
export const ImageIcon = /* @__PURE__ */ icon('M5 5h14a1.5 1.5 0 0 1 1.5 1.5v11A1.5 1.5 0 0 1 19 19H5a1.5 1.5 0 0 1-1.5-1.5v-11A1.5 1.5 0 0 1 5 5ZM3.5 16l4.75-4.75L14 17m-1.5-1.5 3-3 5 5M15.5 9.2h.01')
export const CloseIcon = /* @__PURE__ */ icon('M6 6l12 12M18 6 6 18')
