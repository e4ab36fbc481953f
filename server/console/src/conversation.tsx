// The middle pane: head with the actions, the card in brief, the log and the
// composer, or why there is no composer.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Brief, reasonText } from './card';
import { Composer, dropped } from './composer';
import { closeReason } from './dialogs';
import { act, enter, open } from './desk';
import { HelperPart, HELPER_NAMES } from './helper';
import { Icon, type IconName } from './icons';
import { ChannelName, skillName, Verified } from './lists';
import { Log, LogSkeleton } from './log';
import { IconButton } from './shell';
import { change, desk, HELPERS, hold, isDemo, offered, useDesk, type Helper, type Hold, type Talk } from './state';
import { t } from './texts';
import { Countdown, stamp } from './time';
import { isLead, type Row } from './types';
import { loadPast, setWriting } from './work';

export function Conversation({ talk, wide }: { talk: Talk; wide: boolean }) {
  const { helper, writing } = useDesk();
  const [pane, setPane] = useState<'chat' | Helper>('chat');
  const [over, setOver] = useState(false);
  const { row } = talk;
  const held = row && hold(row);
  const shown = wide ? 'chat' : pane;
  const panes: ('chat' | Helper)[] = ['chat', ...HELPERS];

  // What the keyboard or the command bar asks for is shown here as well.
  const asked = useRef(helper);
  useEffect(() => {
    if (asked.current !== helper && !wide) setPane(helper);
    asked.current = helper;
  }, [helper, wide]);

  if (!row) {
    return (
      <section class="talk">
        <header class="talk-head"><BackButton /><h2 class="talk-title">{talk.error ? '' : t('loading')}</h2></header>
        {talk.error ? <TalkError talk={talk} /> : <LogSkeleton />}
      </section>
    );
  }
  const mine = held === 'me' && !desk.me?.readonly;
  const note = !!writing[talk.id];
  return (
    <section class={'talk on-' + shown} aria-labelledby="talk-title">
      <header class="talk-head">
        <BackButton />
        <div class="talk-who">
          <h2 class="talk-title" id="talk-title" tabIndex={-1}>
            <bdi>{row.title}</bdi>
            {isDemo(row) ? <span class="tag plain">{t('demo')}</span> : row.verified ? <Verified /> : <span class="tag plain">{t('unverified')}</span>}
          </h2>
          <p class="talk-sub"><Held row={row} held={held!} /><ChannelName channel={row.channel} />{row.skill && <span>{skillName(row.skill)}</span>}</p>
        </div>
        <Actions talk={talk} held={held!} />
      </header>
      <Pending talk={talk} row={row} held={held!} />
      {!wide && (
        <div class="switch" role="tablist" aria-label={t('parts')} onKeyDown={(e) => {
          const step = e.key === 'ArrowRight' ? 1 : e.key === 'ArrowLeft' ? panes.length - 1 : 0;
          if (!step) return;
          const next = panes[(panes.indexOf(pane) + step) % panes.length]!;
          setPane(next);
          document.getElementById('pane-' + next)?.focus();
        }}>
          {panes.map((name) => (
            <button
              key={name} type="button" role="tab" id={'pane-' + name} aria-selected={shown === name} tabIndex={shown === name ? 0 : -1}
              onClick={() => setPane(name)}
            >
              {name === 'chat' ? t('chatTab') : t(HELPER_NAMES[name])}
            </button>
          ))}
        </div>
      )}
      {shown !== 'chat' ? (
        <div class="card-scroll" role="tabpanel" aria-labelledby={'pane-' + shown} tabIndex={0}>
          <HelperPart talk={talk} part={shown} then={() => setPane('chat')} />
        </div>
      ) : (
        <div
          class={'chat' + (over ? ' over' : '')} role={wide ? undefined : 'tabpanel'} aria-labelledby={wide ? undefined : 'pane-chat'}
          onDragOver={(e) => { if (mine && e.dataTransfer?.types.includes('Files')) { e.preventDefault(); setOver(true); } }}
          onDragLeave={(e) => { if (e.target === e.currentTarget) setOver(false); }}
          onDrop={(e) => { if (!mine) return; e.preventDefault(); setOver(false); dropped(e.dataTransfer); }}
        >
          <Brief talk={talk} wide={wide} />
          {talk.loading && !talk.events.length ? <LogSkeleton /> : talk.error && !talk.events.length ? <TalkError talk={talk} /> : <Log talk={talk} />}
          {over && <p class="drop">{t('dropHere')}</p>}
        </div>
      )}
      <Notice talk={talk} />
      {mine || note ? <Composer key={talk.id} talk={talk} row={row} may={mine} /> : <ReadOnly talk={talk} row={row} held={held!} />}
    </section>
  );
}

function BackButton() {
  return <IconButton icon="back" label={t('back')} class="back" onClick={() => open('')} />;
}

function Held({ row, held }: { row: Row; held: Hold }) {
  const text =
    held === 'me' ? t('heldMe')
    : held === 'other' ? t('heldBy', { name: row.holder.agent?.name ?? '' })
    : held === 'bot' ? t('heldBot')
    : held === 'queue' ? t('heldQueue')
    : t('heldNone');
  return <span class={'held ' + held}>{text}</span>;
}

function Actions({ talk, held }: { talk: Talk; held: Hold }) {
  const { me } = desk;
  if (held === 'closed' || me?.readonly) return null;
  const offer = talk.row ? offered(talk.row) : null;
  const button = (icon: IconName, label: string, run: () => void, kind = '') => (
    <button type="button" class={'button ' + kind} aria-disabled={talk.busy} onClick={() => { if (!talk.busy) run(); }}>
      <Icon name={icon} /><span>{label}</span>
    </button>
  );
  if (held === 'other') {
    if (offer) return <div class="actions">{button('cross', t('decline'), () => void act(talk, 'decline'))}{button('take', t('accept'), () => void act(talk, 'claim'), 'primary')}</div>;
    return isLead(me) ? <div class="actions">{button('take', t('take'), () => change({ dialog: 'take' }))}</div> : null;
  }
  return (
    <div class={held === 'me' ? 'actions' : 'actions to-claim'}>
      {held !== 'me' && offer && button('cross', t('decline'), () => void act(talk, 'decline'))}
      {held !== 'me' && button('take', t(offer?.transfer ? 'accept' : 'claim'), () => void act(talk, 'claim'), 'primary')}
      {held === 'me' && button('transfer', t('transfer'), () => change({ dialog: 'transfer' }))}
      {held === 'me' && (talk.row?.hold_until
        ? button('queue', t('resume'), () => void act(talk, 'resume'))
        : button('pause', t('hold'), () => change({ dialog: 'hold' })))}
      {held === 'me' && button('bot', t('release'), () => void act(talk, 'release'))}
      {held === 'me' && button('check', t('end'), () => change({ dialog: 'end' }), 'danger')}
    </div>
  );
}

// Pending is what the conversation waits for beside the merchant: another's yes, or a time.
function Pending({ talk, row, held }: { talk: Talk; row: Row; held: Hold }) {
  if (row.offer?.transfer && held === 'me') {
    return (
      <p class="strip" role="status">
        <Icon name="transfer" />
        <span>{t('waitsFor', { name: row.offer.agent?.name ?? row.offer.team ?? '' })}</span>
        <Countdown until={row.offer.until} />
      </p>
    );
  }
  if (row.hold_until && held === 'me') {
    return (
      <p class="strip" role="status">
        <Icon name="pause" />
        <span>{t('heldUntil', { at: stamp(row.hold_until) })}</span>
        {!desk.me?.readonly && <button type="button" class="button small" onClick={() => void act(talk, 'resume')}>{t('resume')}</button>}
      </p>
    );
  }
  if (row.lost_at && held === 'me') {
    return (
      <p class="strip" role="status">
        <Icon name="clock" />
        <span>{t('lostSoon')}</span>
        <Countdown until={row.lost_at} />
      </p>
    );
  }
  return null;
}

function Notice({ talk }: { talk: Talk }) {
  return (
    <div class="notice-place" role="alert">
      {talk.notice && (
        <div class="banner amber edge">
          <Icon name="note" />
          <span><strong>{talk.notice}</strong>{talk.noticeMore && ' ' + talk.noticeMore}</span>
          <IconButton icon="cross" label={t('close')} onClick={() => { talk.notice = talk.noticeMore = ''; change(); }} />
        </div>
      )}
    </div>
  );
}

function ReadOnly({ talk, row, held }: { talk: Talk; row: Row; held: Hold }) {
  const { drafts, me } = useDesk();
  const text =
    me?.readonly ? t('readonlyBanner')
    : held === 'closed' ? t('onlyReadClosed')
    : held === 'other' ? t('onlyReadOther', { name: row.holder.agent?.name ?? '' })
    : held === 'bot' ? t('onlyReadBot')
    : t('onlyReadQueue');
  const draft = drafts[talk.id];
  return (
    <footer class="readonly">
      {draft && <p class="kept"><strong>{t('draftKept')}</strong><span>{draft}</span></p>}
      <p>{text}{held === 'closed' && <Served talk={talk} />}</p>
      {!me?.readonly && <button type="button" class="button small note-button" onClick={() => setWriting(talk, true)}><Icon name="pen" /><span>{t('writeNote')}</span></button>}
      {!me?.readonly && (held === 'queue' || held === 'bot') && (
        <button type="button" class="button primary big" aria-disabled={talk.busy} onClick={() => void act(talk, 'claim')}>
          <Icon name="take" /><span>{t(offered(row)?.transfer ? 'accept' : 'claim')}</span>
        </button>
      )}
    </footer>
  );
}

// Served says who had a closed conversation, and why a person was asked for.
function Served({ talk }: { talk: Talk }) {
  useEffect(() => { if (!talk.past.at) void loadPast(talk); }, [talk.id]);
  const it = talk.past.data?.current;
  const end = talk.row?.served;
  if (!it) return null;
  return (
    <span class="served">
      {it.agents.length > 0 ? t('servedBy', { name: it.agents.map((a) => a.name).join('、') }) : t('servedBot')}
      {it.reason && ' · ' + t('servedWhy', { why: reasonText(it.reason) })}
      {it.ended > 0 && ' · ' + t('servedEnd', { at: stamp(it.ended) })}
      {end?.reason && it.agents.length > 0 && ' · ' + closeReason(end.reason)}
      {end?.note && it.agents.length > 0 && <span class="served-note"><bdi>{end.note}</bdi></span>}
    </span>
  );
}

function TalkError({ talk }: { talk: Talk }) {
  return (
    <div class="empty" role="alert">
      <span class="empty-icon"><Icon name="alarm" /></span>
      <p class="empty-head">{t('talkFailed')}</p>
      <p>{talk.error}</p>
      <button type="button" class="button" onClick={() => void enter(talk.id)}>{t('retry')}</button>
    </div>
  );
}

export function NoConversation() {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => { place.current?.parentElement?.scrollTo(0, 0); }, []);
  return (
    <div class="empty big" ref={place}>
      <span class="empty-icon"><Icon name="talk" /></span>
      <p class="empty-head">{t('pick')}</p>
      <p>{t('pickMore')}</p>
    </div>
  );
}
