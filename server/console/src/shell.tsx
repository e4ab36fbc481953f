// The frame: top bar, banner, the panes, toasts and dialogs.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Conversation, NoConversation } from './conversation';
import { boot, open, reconnect, setSound, setStatus, setTab, signOut, signOutEverywhere, workHere } from './desk';
import { EndDialog, HelpDialog, HoldDialog, PasswordDialog, TakeDialog, TransferDialog } from './dialogs';
import { HelperColumn } from './helper';
import { Icon, Mark } from './icons';
import { Lists, Offers, RowsSkeleton } from './lists';
import type { Link } from './live';
import { SettingsArea } from './settings/area';
import { pagesFor, settingsPage } from './settings/pages';
import { change, opened, pleased, useDesk } from './state';
import { language, speak, t } from './texts';
import { Palette } from './palette';
import { span } from './time';
import type { Status } from './types';
import { setNotify } from './work';

export function Shell() {
  const desk = useDesk();
  const wide = useMedia('(min-width: 1280px)');
  const talk = opened();
  const area = desk.me?.must_change ? '' : settingsPage();
  return (
    <div class={'shell' + (desk.open ? ' has-open' : '')}>
      <TopBar />
      {/* Before the printed password is replaced there is no line, and none is missed. */}
      <Banner link={desk.me?.must_change ? 'live' : desk.link} />
      <Offers />
      {area && <main class="panes"><SettingsArea page={area} /></main>}
      {!area && <main class="panes">
        <nav class="pane lists" aria-label={t('lists')}><Lists /></nav>
        <div class="pane middle">
          {talk ? <Conversation key={talk.id} talk={talk} wide={wide} /> : <NoConversation />}
        </div>
        {wide && <HelperColumn talk={talk} />}
      </main>}
      <Toast />
      {desk.dialog === 'password' && <PasswordDialog />}
      {desk.dialog === 'help' && <HelpDialog />}
      {desk.dialog === 'end' && talk && <EndDialog talk={talk} />}
      {desk.dialog === 'transfer' && talk && <TransferDialog talk={talk} />}
      {desk.dialog === 'hold' && talk && <HoldDialog talk={talk} />}
      {desk.dialog === 'take' && talk && <TakeDialog talk={talk} />}
      {desk.dialog === 'palette' && <Palette talk={talk} />}
    </div>
  );
}

function TopBar() {
  const { me, link, sound, notify, today } = useDesk();
  return (
    <header class="topbar">
      <Mark />
      <h1 class="brand">posdoctor<span class="brand-sub">{t('console')}</span></h1>
      {!me?.must_change && <Dot link={link} />}
      {me?.status && !me.must_change && <StatusChoice status={me.status} load={me.load ?? 0} capacity={me.capacity ?? 0} fixed={!!me.readonly} />}
      {today && (today.served > 0 || today.ratings.answered > 0) && (
        <span class="today">
          {[
            t('today', { n: today.served }),
            today.first_p50_s > 0 && t('todayFirst', { time: span(today.first_p50_s * 1000) }),
            today.ratings.answered > 0 && t('todayGood', { n: pleased(today.ratings), of: today.ratings.answered }),
          ].filter(Boolean).join(' · ')}
        </span>
      )}
      <span class="grow" />
      <button type="button" class="find" onClick={() => change({ dialog: 'palette' })} title={t('find')}>
        <Icon name="search" /><span>{t('find')}</span><kbd>Ctrl K</kbd>
      </button>
      <div class="top-tools">
        {typeof Notification !== 'undefined' && (
          <IconButton icon="bell" label={t(notify ? 'notifyOn' : 'notifyOff')} pressed={notify} onClick={() => setNotify(!notify)} />
        )}
        <IconButton
          icon={sound ? 'sound' : 'silent'} label={t(sound ? 'soundOn' : 'soundOff')} pressed={sound}
          onClick={() => setSound(!sound)}
        />
        <IconButton icon="keyboard" label={t('shortcuts')} onClick={() => change({ dialog: 'help' })} />
        <LanguageButton />
      </div>
      <Menu name={me?.display || me?.name || ''} />
    </header>
  );
}

// StatusChoice is the agent's own word; whether a page is open the server sees itself.
function StatusChoice({ status, load, capacity, fixed }: { status: Status; load: number; capacity: number; fixed: boolean }) {
  return (
    <div class={'status ' + status}>
      <span class={'status-dot ' + status} aria-hidden="true" />
      <select aria-label={t('status')} value={status} disabled={fixed} onChange={(e) => void setStatus(e.currentTarget.value as Status)}>
        <option value="online">{t('online')}</option>
        <option value="busy">{t('busy')}</option>
        <option value="offline">{t('offlineStatus')}</option>
      </select>
      <span class="load" title={t('loadOf', { n: load, of: capacity })}><span class="sr">{t('loadOf', { n: load, of: capacity })}</span><span aria-hidden="true">{load}/{capacity}</span></span>
    </div>
  );
}

function Dot({ link }: { link: Link }) {
  return (
    <span class={'dot ' + link} role="status" title={link === 'polling' ? t('pollingBanner') : undefined}>
      <span class="dot-mark" aria-hidden="true" />
      <span class="dot-text">{t(link)}</span>
    </span>
  );
}

// Menu is the agent's own: everything that the top bar has no room for on a
// phone stands here too.
function Menu({ name }: { name: string }) {
  const { me, sound, notify } = useDesk();
  const [shown, setShown] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!shown) return;
    box.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus();
    const away = (event: Event): void => {
      if (!box.current?.contains(event.target as Node)) setShown(false);
    };
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, [shown]);

  function keys(event: KeyboardEvent): void {
    if (!shown) return;
    const items = [...box.current!.querySelectorAll<HTMLElement>('[role=menuitem]')].filter((item) => item.offsetParent);
    const at = items.indexOf(document.activeElement as HTMLElement);
    if (event.key === 'Escape') {
      setShown(false);
      button.current?.focus();
    } else if (event.key === 'ArrowDown') items[(at + 1) % items.length]?.focus();
    else if (event.key === 'ArrowUp') items[(at - 1 + items.length) % items.length]?.focus();
    else if (event.key === 'Tab') return setShown(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  const item = (run: () => void) => (): void => { setShown(false); run(); };
  return (
    <div class="menu" ref={box} onKeyDown={keys}>
      <button ref={button} type="button" class="menu-button" aria-haspopup="menu" aria-expanded={shown} onClick={() => setShown(!shown)}>
        <span class="avatar" aria-hidden="true">{[...name][0] ?? ''}</span>
        <span class="menu-name">{name}</span>
        <Icon name="down" />
      </button>
      {shown && (
        <div class="menu-list" role="menu" aria-label={t('menu')}>
          <button type="button" role="menuitem" class="narrow-only" onClick={item(() => setSound(!sound))}>
            <Icon name={sound ? 'sound' : 'silent'} />{t(sound ? 'soundOn' : 'soundOff')}
          </button>
          {typeof Notification !== 'undefined' && (
            <button type="button" role="menuitem" class="narrow-only" onClick={item(() => setNotify(!notify))}>
              <Icon name="bell" />{t(notify ? 'notifyOn' : 'notifyOff')}
            </button>
          )}
          <button type="button" role="menuitem" class="narrow-only" onClick={item(switchLanguage)}>
            <Icon name="talk" /><span lang={language() === 'en' ? 'zh-CN' : 'en'}>{t('language')}</span>
          </button>
          <button type="button" role="menuitem" onClick={item(() => change({ dialog: 'help' }))}>
            <Icon name="keyboard" />{t('shortcuts')}
          </button>
          <button type="button" role="menuitem" onClick={item(() => change({ dialog: 'password' }))}>
            <Icon name="key" />{t('changePassword')}
          </button>
          {pagesFor(me?.role).length > 0 && !me?.must_change && (
            <button type="button" role="menuitem" onClick={item(() => { location.hash = '#/settings'; })}>
              <Icon name="end" />{t('settings')}
            </button>
          )}
          <button type="button" role="menuitem" onClick={item(() => void signOutEverywhere())}>
            <Icon name="out" />{t('signOutEverywhere')}
          </button>
          <button type="button" role="menuitem" onClick={item(() => void signOut())}>
            <Icon name="out" />{t('signOut')}
          </button>
        </div>
      )}
    </div>
  );
}

// Banner waits two seconds, so that a short gap does not flicker.
function Banner({ link }: { link: Link }) {
  const away = link === 'offline' || link === 'connecting';
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (!away) return;
    const timer = setTimeout(() => setLate(true), link === 'offline' ? 600 : 4_000);
    return () => clearTimeout(timer);
  }, [away, link]);
  const { me, outdated } = useDesk();
  return (
    <div class="banner-place" role="status">
      {me?.readonly && (
        <div class="banner amber edge">
          <Icon name="eye" /><span>{t('readonlyBanner')}</span>
          <button type="button" class="button small" onClick={() => { void workHere(); (document.getElementById('talk-title') ?? document.querySelector<HTMLElement>('.tab'))?.focus(); }}>{t('workHere')}</button>
        </div>
      )}
      {me?.away && (
        <div class="banner amber edge">
          <Icon name="clock" /><span>{t('awayBanner')}</span>
          {!me.readonly && <button type="button" class="button small" onClick={() => void setStatus('online')}>{t('backOnline')}</button>}
        </div>
      )}
      {outdated && (
        <div class="banner edge teal">
          <Icon name="refresh" /><span>{t('outdated')}</span>
          <button type="button" class="button small" onClick={() => location.reload()}>{t('reload')}</button>
        </div>
      )}
      {away && late && (
        <div class="banner amber edge">
          <Icon name="offline" /><span>{t('offlineBanner')}</span>
          <button type="button" class="button small" onClick={() => { reconnect(); document.getElementById('composer')?.focus(); }}>{t('retryNow')}</button>
        </div>
      )}
    </div>
  );
}

function Toast() {
  const { toast, offers } = useDesk();
  const shown = toast && !(toast.open && offers[toast.open]); // an offer says more
  useEffect(() => {
    if (!toast) return;
    const timer = setTimeout(() => change({ toast: null }), 8_000);
    return () => clearTimeout(timer);
  }, [toast]);
  return (
    <div class="toast-place" role="status">
      {shown && (
        <div class="toast">
          <Icon name="note" />
          <span class="toast-text">{toast.text}</span>
          {toast.open && (
            <button
              type="button" class="button small"
              onClick={() => { setTab('queued'); open(toast.open!); change({ toast: null }); }}
            >
              {t('look')}
            </button>
          )}
          <IconButton icon="cross" label={t('close')} onClick={() => change({ toast: null })} />
        </div>
      )}
    </div>
  );
}

export function IconButton(props: {
  icon: Parameters<typeof Icon>[0]['name']; label: string; onClick: () => void; pressed?: boolean; class?: string; children?: ComponentChildren;
}) {
  return (
    <button
      type="button" class={'icon-button ' + (props.class ?? '')} aria-label={props.label} title={props.label}
      aria-pressed={props.pressed} onClick={props.onClick}
    >
      <Icon name={props.icon} />{props.children}
    </button>
  );
}

function switchLanguage(): void {
  speak(language() === 'en' ? 'zh-CN' : 'en');
  change();
}

export function LanguageButton() {
  const other = language() === 'en' ? 'zh-CN' : 'en';
  return (
    <button type="button" class="text-button" title={t('languageHint')} onClick={switchLanguage}>
      <span lang={other}>{t('language')}</span>
    </button>
  );
}

export function ShellSkeleton() {
  return (
    <div class="shell" aria-busy="true">
      <header class="topbar"><Mark /><h1 class="brand">posdoctor<span class="brand-sub">{t('console')}</span></h1></header>
      <div class="banner-place" />
      <main class="panes">
        <div class="pane lists"><RowsSkeleton /></div>
        <div class="pane middle"><p class="sr" role="status">{t('loading')}</p></div>
      </main>
    </div>
  );
}

export function Unreachable() {
  return (
    <main class="login">
      <div class="login-box center">
        <span class="empty-icon"><Icon name="offline" /></span>
        <h1>{t('bootFailed')}</h1>
        <p>{t('errNetwork')}</p>
        <button type="button" class="button primary" onClick={() => void boot()}>{t('retry')}</button>
      </div>
    </main>
  );
}

export function useMedia(query: string): boolean {
  const [matches, set] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const changed = (): void => set(list.matches);
    changed();
    list.addEventListener('change', changed);
    return () => list.removeEventListener('change', changed);
  }, [query]);
  return matches;
}
