// The left pane: the lists with counts, each with its own empty, loading and
// error state, and above them how the desk stands.
import { answer, load, loadMore, open, setTab } from './desk';
import { Icon, type IconName } from './icons';
import { change, desk as theDesk, hold, isDemo, offered, pleased, tabs, unread, useDesk } from './state';
import { t, type Key } from './texts';
import { clock, Countdown, span, stamp, Waited } from './time';
import { type Row, type Tab } from './types';

export function Lists() {
  const { tab, lists, counts } = useDesk();
  const list = lists[tab];
  const names = tabs();
  const known = names.some((name) => lists[name].loaded);

  function keys(event: KeyboardEvent): void {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? names.length - 1 : 0;
    if (!step) return;
    event.preventDefault();
    const next = names[(names.indexOf(tab) + step) % names.length]!;
    setTab(next);
    document.getElementById('tab-' + next)?.focus();
  }

  return (
    <>
      <div class={'tabs n' + names.length} role="tablist" aria-label={t('lists')} onKeyDown={keys}>
        {names.map((name) => (
          <button
            key={name} type="button" role="tab" id={'tab-' + name} aria-controls="list" aria-selected={name === tab}
            tabIndex={name === tab ? 0 : -1} onClick={() => setTab(name)}
            class={'tab' + (counts[name] && (name === 'queued' || name === 'due') ? ' calls' : '')}
          >
            <span class="tab-name">{t(name)}</span>
            <span class="tab-count">{!known ? '–' : (counts[name] ?? 0) > 999 ? '999+' : counts[name] ?? 0}</span>
          </button>
        ))}
      </div>
      <Standing />
      <div class="list" id="list" role="tabpanel" aria-labelledby={'tab-' + tab} aria-busy={list.loading}>
        {list.error && (
          <div class="banner red list-error" role="alert">
            <Icon name="alarm" />
            <span>{t('listFailed')}{' '}{list.error}</span>
            <button type="button" class="button small" onClick={() => void load(tab)}>{t('retry')}</button>
          </div>
        )}
        {!list.loaded && !list.error && <RowsSkeleton />}
        {list.loaded && !list.rows.length && !list.error && <Empty tab={tab} />}
        {list.rows.length > 0 && (
          <ul class="rows">
            {list.rows.map((row) => <li key={row.id}><RowButton row={row} tab={tab} /></li>)}
          </ul>
        )}
        {list.next && list.loaded && (
          <button type="button" class="button quiet wide more" aria-disabled={list.loading} onClick={() => void loadMore(tab)}>
            {t(list.loading ? 'loading' : 'more')}
          </button>
        )}
      </div>
    </>
  );
}

// Standing says that the desk is shut, or why the queue does not get shorter.
function Standing() {
  const { now } = useDesk();
  if (!now || now.open) return null;
  const text =
    now.reason === 'busy' ? t('deskFull')
    : now.reason === 'nobody' || !now.opens_at ? t('deskNobody')
    : t('deskShutUntil', { at: stamp(now.opens_at) });
  return <p class="standing"><Icon name={now.reason === 'closed' ? 'moon' : 'note'} /><span>{text}</span></p>;
}

const WHY: Record<string, Key> = { money: 'whyMoney', unknown: 'whyUnknown', complaint: 'whyComplaint', repeat: 'whyRepeat', late: 'whyLate' };
const SKILLS: Record<string, Key> = { settlement: 'skillSettlement', risk: 'skillRisk', terminal: 'skillTerminal', general: 'skillGeneral' };
export const skillName = (skill?: string): string => (skill && SKILLS[skill] ? t(SKILLS[skill]) : skill ?? '');

function RowButton({ row, tab }: { row: Row; tab: Tab }) {
  const { open: current } = useDesk();
  const fresh = unread(row);
  const held = hold(row);
  const live = row.state === 'queued' || row.state === 'agent';
  const offer = row.offer;
  const since = row.waits_since ?? row.since;
  return (
    <button
      type="button" class={'row' + (fresh ? ' unread' : '') + (row.sla === 'red' ? ' late' : '')} data-id={row.id} aria-current={row.id === current ? 'true' : undefined}
      onClick={() => open(row.id)}
    >
      <span class="row-line">
        {fresh && <span class="row-dot"><span class="sr">{t('unread')}</span></span>}
        <bdi class="row-title">{row.title}</bdi>
        {isDemo(row) ? <span class="tag plain">{t('demo')}</span> : row.verified && <Verified />}
        <span class="grow" />
        {live && row.hold_until ? <span class="waited"><Icon name="pause" /><time>{clock(row.hold_until)}</time></span>
          : live ? <Waited since={since} alarm={tab === 'queued' || tab === 'due' || fresh || !!row.waits_since} sla={row.sla} />
          : <time class="waited">{stamp(row.since)}</time>}
      </span>
      <span class="row-line row-topic">
        <bdi class="clip">{row.topic || t('noTopic')}</bdi>
        <Codes codes={row.codes} />
      </span>
      <span class="row-line row-foot">
        <bdi class="clip">{row.preview}</bdi>
        {(row.unread ?? 0) > 0 && held === 'me' && <span class="badge">{row.unread! > 99 ? '99+' : row.unread}<span class="sr"> {t('unread')}</span></span>}
        {held === 'other' && <span class="tag">{row.holder.agent?.name}</span>}
        <ChannelName channel={row.channel} />
      </span>
      {(offer || !!row.why?.length || live && (row.hold_until || row.left_at)) && (
        <span class="row-line row-marks">
          {live && row.hold_until && <span class="tag plain">{t('onHold')}</span>}
          {live && row.left_at && <span class="tag plain">{t('leftMessage')}</span>}
          {row.why?.map((why) => WHY[why] && <span key={why} class="tag amber">{t(WHY[why])}</span>)}
          {offer && (
            <span class={'tag' + (offered(row) ? ' solid' : '')}>
              {offered(row) ? t('offerYou') : t('offerTo', { name: offer.agent?.name ?? offer.team ?? '' })} <Countdown until={offer.until} />
            </span>
          )}
        </span>
      )}
    </button>
  );
}

export function Codes({ codes }: { codes?: string[] | null }) {
  return <>{(codes ?? []).map((code) => <code key={code} class="code">{code}</code>)}</>;
}

export function Verified() {
  return <span class="verified" title={t('verified')}><Icon name="verified" /><span class="sr">{t('verified')}</span></span>;
}

const CHANNELS: Record<string, IconName> = { web: 'web', wechat: 'wechat', 'wechat-kf': 'wechat', terminal: 'terminal' };

export function ChannelName({ channel }: { channel: string }) {
  const icon = CHANNELS[channel];
  return <span class={'channel ' + (icon ? channel : '')}>{icon && <Icon name={icon} />}{icon ? t(channel as Key) : channel}</span>;
}

const EMPTY: Record<Tab, [IconName, Key, Key]> = {
  queued: ['cup', 'emptyQueued', 'emptyQueuedMore'],
  mine: ['take', 'emptyMine', 'emptyMineMore'],
  due: ['check', 'emptyDue', 'emptyDueMore'],
  bot: ['bot', 'emptyBot', 'emptyBotMore'],
  closed: ['check', 'emptyClosed', 'emptyClosedMore'],
  held: ['eye', 'emptyHeld', 'emptyHeldMore'],
};

function Empty({ tab }: { tab: Tab }) {
  const { now, counts, hour } = useDesk();
  const [icon, head, more] = EMPTY[tab];
  return (
    <div class="empty">
      <span class="empty-icon"><Icon name={icon} /></span>
      <p class="empty-head">{t(head)}</p>
      <p>{t(more)}</p>
      {tab === 'queued' && counts.mine > 0 && <p>{t('emptyYours', { n: counts.mine })}</p>}
      {tab === 'queued' && hour && hour.entered + hour.taken > 0 && (
        <p class="hour">
          {t('hour', { n: hour.taken })}
          {hour.taken > 0 && ' · ' + t('hourWait', { time: span(hour.wait_p50_s * 1000) })}
          {hour.abandoned > 0 && ' · ' + t('hourLeft', { n: hour.abandoned })}
          {hour.ratings.answered > 0 && ' · ' + t('todayGood', { n: pleased(hour.ratings), of: hour.ratings.answered })}
        </p>
      )}
      {tab === 'queued' && now?.open && !!now.closes_at && <p>{t('deskCloses', { at: stamp(now.closes_at) })}</p>}
    </div>
  );
}

export function RowsSkeleton() {
  return (
    <div class="skeleton" aria-hidden="true">
      {[0, 1, 2, 3, 4].map((n) => <div key={n} class="bone-row"><i class="bone a" /><i class="bone b" /><i class="bone c" /></div>)}
    </div>
  );
}

// Offers are what waits for this agent's yes, wherever he is, for half a minute is short. What comes later stands above, away from the
// buttons that may be about to be pressed.
export function Offers() {
  const { offers, open: current, me } = useDesk();
  const list = Object.values(offers).reverse();
  return (
    <div class="offers" role="region" aria-label={t('offers')} aria-live="assertive">
      {list.map(({ row, offer }) => (
        <div class="offer" key={row.id}>
          <Icon name={offer.transfer ? 'transfer' : 'take'} />
          <p class="offer-text">
            <strong>{offer.transfer ? t('offerTransfer', { name: offer.by?.name ?? '' }) : t('offerNew')}</strong>{' '}
            <bdi>{row.title}</bdi> · <bdi>{row.topic || t('noTopic')}</bdi>
            {offer.note && <span class="offer-note">{t('offerNote')}<bdi>{offer.note}</bdi></span>}
          </p>
          <span class="offer-left"><Icon name="clock" /><Countdown until={offer.until} over={() => expireOffer(row.id)} /></span>
          {row.id !== current && <button type="button" class="button small quiet" onClick={() => open(row.id)}>{t('look')}</button>}
          {!me?.readonly && <button type="button" class="button small" onClick={() => void answer(row.id, false)}>{t('decline')}</button>}
          {!me?.readonly && <button type="button" class="button small primary" onClick={() => void answer(row.id, true)}>{t('accept')}</button>}
        </div>
      ))}
    </div>
  );
}

function expireOffer(id: string): void {
  const { [id]: _, ...rest } = theDesk.offers;
  change({ offers: rest });
}
