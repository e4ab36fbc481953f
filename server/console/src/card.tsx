// The hand-over card: everything the assistant has learnt, so that nobody asks
// the merchant twice. Brief is its two lines above the log.
import type { ComponentChildren } from 'preact';
import { Icon } from './icons';
import { Codes } from './lists';
import { t, type Key } from './texts';
import { stamp } from './time';
import type { Talk } from './state';
import type { Card, Fact } from './types';

const OBJECTS = ['merchant', 'terminal', 'settlement', 'payer'];
export const objectName = (object?: string): string =>
  object && OBJECTS.includes(object) ? t((object + 'Object') as Key) : object ?? '';

// The server's reasons are English words of the domain; those known are told
// in the language on screen.
const REASONS: Record<string, Key> = {
  asked: 'reasonAsked',
  tried: 'reasonUnsolved',
  'not understood': 'reasonUnsure',
  'not answered': 'reasonUnanswered',
  message: 'reasonMessage',
  topic: 'reasonTopic',
  abuse: 'reasonAbuse',
  request: 'reasonRequest',
  transferred: 'reasonTransferred',
  'agent lost': 'reasonLost',
  'ticket unknown': 'reasonTicketUnknown',
  'ticket failed': 'reasonTicketFailed',
  'ticket late': 'reasonTicketLate',
  many: 'reasonMany',
  'delivery unsure': 'reasonDelivery',
};
export const reasonText = (reason: string): string => (REASONS[reason] ? t(REASONS[reason]) : reason);

const STATUS: Record<string, Key> = {
  OPEN: 'ticketOpen', IN_PROGRESS: 'ticketInProgress', DONE: 'ticketDone', REJECTED: 'ticketRejected', FAILED: 'ticketFailed', UNKNOWN: 'ticketUnknown', SENDING: 'ticketSending',
};
export const ticketStatus = (status: string): string => (STATUS[status] ? t(STATUS[status]) : status);

export const percent = (p: number): string => Math.round(p * 100) + '%';

// Brief is the card above the log: two lines, and all of it when it is unfolded.
// Beside the wide helper it need not be told twice, so there it stays short.
export function Brief({ talk, wide }: { talk: Talk; wide: boolean }) {
  const { card, row } = talk;
  if (!card) return null;
  const top = card.likely?.[0];
  const n = (list?: unknown[] | null): number => list?.length ?? 0;
  const asked = card.asked?.filter((it) => !it.unasked).length ?? 0;
  const fact = card.facts?.[0];
  const head = (
    <>
      <span class="brief-topic">
        {card.object && <span class="tag">{objectName(card.object)}</span>}
        <strong><bdi>{card.topic || row?.topic || t('noTopic')}</bdi></strong>
        <Codes codes={card.codes} />
        {row?.reason && <span class="tag amber">{reasonText(row.reason)}</span>}
      </span>
      <span class="brief-facts">
        {top && <span><b>{t('likely')}</b> {top.title} {percent(top.p)}</span>}
        {fact && <span><b>{t('facts')}</b> <bdi>{fact.text}</bdi></span>}
        {asked > 0 && <span>{t('askedN', { n: asked })}</span>}
        {n(card.ruled_out) > 0 && <span>{t('ruledOutN', { n: n(card.ruled_out) })}</span>}
        {n(card.tried) > 0 && <span>{t('triedN', { n: n(card.tried) })}</span>}
        {card.ticket && <span>{t('evTicket', { no: card.ticket.no })}</span>}
      </span>
    </>
  );
  return (
    <details class={'brief' + (wide ? ' is-wide' : '')}>
      <summary><span class="brief-head">{head}</span><Icon name="down" /></summary>
      <div class="brief-all" tabIndex={0} role="group" aria-label={t('card')}><CardView talk={talk} /></div>
    </details>
  );
}

export function CardView({ talk }: { talk: Talk }) {
  const { card, row } = talk;
  if (!card) {
    return talk.loading
      ? <div class="skeleton" aria-hidden="true"><i class="bone a" /><i class="bone b" /><i class="bone c" /><i class="bone b" /></div>
      : <p class="helper-none">{t('cardEmpty')}</p>;
  }
  return (
    <div class="card">
      <div class="card-top">
        {card.object && <span class="tag">{objectName(card.object)}</span>}
        <strong><bdi>{card.topic || row?.topic || t('noTopic')}</bdi></strong>
        <Codes codes={card.codes} />
      </div>
      <dl class="card-pairs">
        <div><dt>{t('merchantNo')}</dt><dd>{card.merchant ? <><bdi>{card.merchant.name}</bdi> <span class="dim">{card.merchant.id}</span></> : <span class="dim">{t('notBound')}</span>}</dd></div>
        {row?.reason && <div><dt>{t('reason')}</dt><dd>{reasonText(row.reason)}</dd></div>}
        {card.ticket && <div><dt>{t('ticket')}</dt><dd><code>{card.ticket.no}</code> <span class="tag">{ticketStatus(card.ticket.status)}</span></dd></div>}
      </dl>
      {card.said && <Section title={t('said')}><blockquote><bdi>{card.said}</bdi></blockquote></Section>}
      {some(card.likely) && (
        <Section title={t('likely')}>
          <Likely likely={card.likely!} />
        </Section>
      )}
      {some(card.tried) && (
        <Section title={t('tried')}>
          <ul class="plain">{card.tried!.map((it, i) => <li key={i}><span>{it.title}</span>{it.result && <span class="result">{it.result}</span>}</li>)}</ul>
        </Section>
      )}
      {some(card.facts) && <Section title={t('facts')}><Facts facts={card.facts!} /></Section>}
      {some(card.asked) && (
        <Section title={t('asked')}>
          <dl class="asked">{card.asked!.map((it, i) => <div key={i}><dt>{it.question}</dt><dd>{it.answer || <span class="dim">{t('unanswered')}</span>}{it.unasked && <span class="dim"> {t('unasked')}</span>}</dd></div>)}</dl>
        </Section>
      )}
      {some(card.ruled_out) && (
        <Section title={t('ruledOut')}>
          <ul class="plain out">{card.ruled_out!.map((it, i) => <li key={i}><Icon name="cross" /><span>{it.title}{it.why && <span class="dim why">{it.why}</span>}</span></li>)}</ul>
        </Section>
      )}
      {some(card.aside) && (
        <Section title={t('aside')}>
          {card.aside!.map((it, i) => (
            <div key={i}>
              <strong><bdi>{it.topic}</bdi></strong>
              {it.said && <blockquote><bdi>{it.said}</bdi></blockquote>}
              {some(it.asked) && <dl class="asked">{it.asked!.map((a, j) => <div key={j}><dt>{a.question}</dt><dd>{a.answer}</dd></div>)}</dl>}
            </div>
          ))}
        </Section>
      )}
      {bare(card) && <p class="helper-none">{t('cardEmpty')}</p>}
    </div>
  );
}

const some = (list?: unknown[] | null): boolean => !!list && list.length > 0;
const bare = (card: Card): boolean =>
  !card.said && ![card.likely, card.tried, card.facts, card.asked, card.ruled_out].some(some);

function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return <section class="card-part"><h3>{title}</h3>{children}</section>;
}

export function Likely({ likely }: { likely: { title: string; p: number }[] }) {
  return (
    <ol class="likely">
      {likely.map((it, i) => (
        <li key={i}>
          <span class="likely-line"><span>{it.title}</span><span class="likely-p">{percent(it.p)}</span></span>
          <svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
            <rect class="bar-all" width="100" height="4" /><rect class="bar-part" width={Math.round(it.p * 100)} height="4" />
          </svg>
        </li>
      ))}
    </ol>
  );
}

export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <ul class="plain facts">
      {facts.map((it, i) => (
        <li key={i}>
          <span>
            {it.text}
            {/^https:\/\//.test(it.link ?? '') && <> <a href={it.link} target="_blank" rel="noopener noreferrer"><bdi>{it.link}</bdi></a></>}
          </span>
          <span class="dim">{it.at !== undefined && stamp(it.at)}{it.source && ' · ' + it.source}</span>
        </li>
      ))}
    </ul>
  );
}

