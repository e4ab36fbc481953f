// What the acquirer knows of the merchant, with its age. What could not be read
// is said to be unknown and never looks as if all were well.
import { useEffect } from 'preact/hooks';
import { Bones, Failed } from './helper';
import { Icon } from './icons';
import type { Talk } from './state';
import { t, type Key } from './texts';
import { Ago, stamp } from './time';
import { loadPanel } from './work';

const MERCHANT: Record<string, Key> = {
  ACTIVE: 'mActive', PENDING_REVIEW: 'mReview', RISK_HOLD: 'mRisk', FUNDS_HELD: 'mFunds', SUSPENDED: 'mSuspended', DORMANT: 'mDormant', DOCS_EXPIRED: 'mDocs', CLOSED: 'mClosed', UNKNOWN: 'unknown',
};
const WHY: Record<string, Key> = {
  DOCS_EXPIRED: 'mDocs', INFO_MISMATCH: 'rMismatch', NO_TRADE: 'rNoTrade', SETTLE_ACCOUNT: 'rAccount', RISK: 'mRisk', INSPECTION: 'rInspection', JUDICIAL: 'rJudicial',
  CONTRACT_ENDED: 'rContract', TERMINAL_BINDING: 'tBound', LIMIT: 'rLimit', PLATFORM_FAULT: 'rPlatform', OTHER: 'other',
};
const TERMINAL: Record<string, Key> = {
  ACTIVE: 'tActive', NOT_ACTIVATED: 'tNotActive', NOT_REGISTERED: 'tNotRegistered', BOUND_ELSEWHERE: 'tBound', LOCKED_LOCATION: 'tLocation', LOCKED_TAMPER: 'tTamper', DISABLED: 'tDisabled', OFFLINE: 'tOffline', UNKNOWN: 'unknown',
};
const SIGN: Record<string, Key> = { INITIAL: 'sInitial', SIGNED_ON: 'sOn', SIGNED_OFF: 'sOff', IN_REPAIR: 'sRepair' };
const KEYS: Record<string, Key> = { MISSING: 'kMissing', EXPIRED: 'kExpired' };
const SIM: Record<string, Key> = { SUSPENDED: 'simStopped', EXPIRED: 'simExpired', NONE: 'simNone' };
const VERIFY: Record<string, Key> = { OK: 'vOk', FAILED: 'vFailed', PENDING: 'vPending', UNKNOWN: 'unknown' };
const PAID: Record<string, Key> = { PENDING: 'pPending', SENT: 'pSent', PAID: 'pPaid', FAILED: 'pFailed', RETURNED: 'pReturned', HELD: 'pHeld', UNKNOWN: 'unknown' };
const WORKS: Record<string, Key> = { collect: 'wCollect', refund: 'wRefund', withdraw: 'wWithdraw', settle: 'wSettle' };
const PARTS: Record<string, Key> = {
  getMerchant: 'partMerchant', getRestrictions: 'limits', listTerminals: 'terminals', getSettlementAccount: 'account', listSettlements: 'payouts',
};

const word = (words: Record<string, Key>, it: string): string => (words[it] ? t(words[it]) : it);
const yuan = (fen: number): string => (fen / 100).toLocaleString('zh-CN', { style: 'currency', currency: 'CNY' });

export function MerchantPart({ talk }: { talk: Talk }) {
  const got = talk.panel;
  const bound = talk.card?.merchant?.id ?? '';
  useEffect(() => {
    if (!got.at || bound && got.data && !got.data.bound) void loadPanel(talk);
  }, [talk.id, bound]);
  const it = got.data;
  if (!it) return got.error ? <Failed error={got.error} again={() => void loadPanel(talk)} /> : <div role="status"><p class="helper-none">{t('merchantComes')}</p><Bones /></div>;
  const own = talk.row?.unverified ? Object.entries(talk.row.unverified).filter(([, v]) => v) : [];
  const unverified = own.length > 0 && (
    <section class="card-part">
      <h3>{t('unverifiedPart')}</h3>
      <dl class="card-pairs">{own.map(([name, value]) => <div key={name}><dt>{name}</dt><dd><bdi>{String(value)}</bdi></dd></div>)}</dl>
    </section>
  );
  if (!it.bound) {
    return <div class="part"><p class="helper-none">{t('merchantUnbound')}</p>{unverified}</div>;
  }
  const nothing = !it.observed;
  return (
    <div class="part" aria-busy={got.loading}>
      <div class="panel-head">
        <div class="grow">
          <strong><bdi>{it.name}</bdi></strong>
          {it.mid && <span class="dim">{t('mid')} <bdi>{it.mid}</bdi></span>}
        </div>
        <button type="button" class="icon-button" aria-label={t('refresh')} title={t('refresh')} aria-disabled={got.loading} onClick={() => void loadPanel(talk, true)}><Icon name="refresh" /></button>
      </div>
      {got.loading && <p class="dim" role="status">{t('merchantComes')}</p>}
      {got.error && <Failed error={got.error} again={() => void loadPanel(talk, true)} />}
      {it.failed && (
        <p class="banner amber" role="alert"><Icon name="alarm" /><span>{t(nothing ? 'merchantFailed' : 'merchantOld')}</span></p>
      )}
      {nothing ? unverified : (
        <>
          <p class="dim observed">{t('observed')} <Ago at={it.observed!} /> · {stamp(it.observed!)}{it.stale && ' · ' + t('remembered')}</p>
          {!!it.unread?.length && <p class="banner amber"><Icon name="note" /><span>{t('unreadParts', { parts: it.unread.map((p) => word(PARTS, p)).join('、') })}</span></p>}
          <dl class="card-pairs">
            <div><dt>{t('state')}</dt><dd><Mark bad={it.status !== 'ACTIVE'} text={word(MERCHANT, it.status ?? 'UNKNOWN')} /></dd></div>
            {it.works && Object.keys(it.works).length > 0 && (
              <div><dt>{t('works')}</dt><dd class="marks">{Object.entries(it.works).map(([what, can]) => <Mark key={what} bad={!can} text={word(WORKS, what) + (can ? '' : t('stopped'))} />)}</dd></div>
            )}
            {it.licence_until && <div><dt>{t('licence')}</dt><dd>{it.licence_until}</dd></div>}
            {it.last_trade && <div><dt>{t('lastTrade')}</dt><dd>{it.last_trade}</dd></div>}
          </dl>
          <section class="card-part">
            <h3>{t('limits')}</h3>
            {it.restrictions.length ? (
              <ul class="plain">
                {it.restrictions.map((x, i) => (
                  <li key={i}>
                    <Mark bad text={word(WHY, x.reason)} />
                    {x.text && <span><bdi>{x.text}</bdi></span>}
                    {x.recover && <span><b>{t('recover')}</b> <bdi>{x.recover}</bdi></span>}
                    {x.since && <span class="dim">{t('since', { at: x.since })}</span>}
                  </li>
                ))}
              </ul>
            ) : <p class="helper-none">{t(it.unread?.includes('getRestrictions') ? 'unknownPart' : 'limitsNone')}</p>}
          </section>
          <section class="card-part">
            <h3>{t('terminals')}</h3>
            {it.terminals.length ? (
              <ul class="plain machines">
                {it.terminals.map((x, i) => (
                  <li key={i}>
                    <span class="row-line"><code>…{x.sn}</code><Mark bad={x.status !== 'ACTIVE'} text={word(TERMINAL, x.status)} /></span>
                    <span class="dim">
                      {[x.sign && SIGN[x.sign] ? t(SIGN[x.sign]!) : '', x.keys && KEYS[x.keys] ? t(KEYS[x.keys]!) : '', x.sim && SIM[x.sim] ? t(SIM[x.sim]!) : '',
                        x.seen ? t('seenAt', { at: stamp(x.seen) }) : '', x.trade ? t('tradeAt', { at: stamp(x.trade) }) : '', x.version ?? ''].filter(Boolean).join(' · ')}
                    </span>
                  </li>
                ))}
              </ul>
            ) : <p class="helper-none">{t(it.unread?.includes('listTerminals') ? 'unknownPart' : 'terminalsNone')}</p>}
          </section>
          {it.account && (
            <section class="card-part">
              <h3>{t('account')}</h3>
              <p><bdi>{it.account.bank} {it.account.no}</bdi> <Mark bad={it.account.verify === 'FAILED'} text={word(VERIFY, it.account.verify)} /></p>
              {it.account.fail && <p class="red-text"><bdi>{it.account.fail}</bdi></p>}
            </section>
          )}
          {it.settlements.length > 0 && (
            <section class="card-part">
              <h3>{t('payouts')}</h3>
              <table class="payouts">
                <thead><tr><th scope="col">{t('date')}</th><th scope="col">{t('amount')}</th><th scope="col">{t('state')}</th></tr></thead>
                <tbody>
                  {it.settlements.map((x, i) => (
                    <tr key={i}><td>{x.date.slice(5)}{x.cycle && <span class="dim"> {x.cycle}</span>}</td><td>{yuan(x.amount)}</td><td><Mark bad={['FAILED', 'RETURNED', 'HELD'].includes(x.state)} text={word(PAID, x.state)} />{x.fail && <span class="dim"><bdi>{x.fail}</bdi></span>}</td></tr>
                  ))}
                </tbody>
              </table>
            </section>
          )}
          {unverified}
        </>
      )}
    </div>
  );
}

// Mark tells good from bad by a sign, and by colour beside it.
function Mark({ text, bad }: { text: string; bad?: boolean }) {
  return <span class={'mark-word' + (bad ? ' bad' : '')}><Icon name={bad ? 'alarm' : 'check'} /><span>{text}</span></span>;
}
