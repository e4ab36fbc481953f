// The middle pane: head with the actions, the brief of the card, the log and
// the composer, or why there is no composer.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Brief, CardView } from './card';
import { Composer } from './composer';
import { act, enter, open } from './desk';
import { Icon, type IconName } from './icons';
import { ChannelName, Verified } from './lists';
import { Log, LogSkeleton } from './log';
import { IconButton } from './shell';
import { change, hold, isDemo, useDesk, type Hold, type Talk } from './state';
import { t } from './texts';
import type { Row } from './types';

export function Conversation({ talk, wide }: { talk: Talk; wide: boolean }) {
  const [pane, setPane] = useState<'chat' | 'card'>('chat');
  const { row } = talk;
  const held = row && hold(row);
  const shown = wide ? 'chat' : pane;

  if (!row) {
    return (
      <section class="talk">
        <header class="talk-head"><BackButton /><h2 class="talk-title">{talk.error ? '' : t('loading')}</h2></header>
        {talk.error ? <TalkError talk={talk} /> : <LogSkeleton />}
      </section>
    );
  }
  return (
    <section class={'talk on-' + shown} aria-labelledby="talk-title">
      <header class="talk-head">
        <BackButton />
        <div class="talk-who">
          <h2 class="talk-title" id="talk-title" tabIndex={-1}>
            <bdi>{row.title}</bdi>
            {isDemo(row) ? <span class="tag plain">{t('demo')}</span> : row.verified ? <Verified /> : <span class="tag plain">{t('unverified')}</span>}
          </h2>
          <p class="talk-sub"><Held row={row} held={held!} /><ChannelName channel={row.channel} /></p>
        </div>
        <Actions talk={talk} held={held!} />
      </header>
      {!wide && (
        <div class="switch" role="tablist" aria-label={t('card')} onKeyDown={(e) => {
          if (e.key !== 'ArrowLeft' && e.key !== 'ArrowRight') return;
          const next = pane === 'chat' ? 'card' : 'chat';
          setPane(next);
          document.getElementById('pane-' + next)?.focus();
        }}>
          {(['chat', 'card'] as const).map((name) => (
            <button
              key={name} type="button" role="tab" id={'pane-' + name} aria-selected={shown === name} tabIndex={shown === name ? 0 : -1}
              onClick={() => setPane(name)}
            >
              {t(name === 'chat' ? 'chatTab' : 'cardTab')}
            </button>
          ))}
        </div>
      )}
      {shown === 'card' ? (
        <div class="card-scroll" role="tabpanel" aria-labelledby="pane-card" tabIndex={0}><CardView talk={talk} /></div>
      ) : (
        <div class="chat" role={wide ? undefined : 'tabpanel'} aria-labelledby={wide ? undefined : 'pane-chat'}>
          <Brief talk={talk} />
          {talk.loading && !talk.events.length ? <LogSkeleton /> : talk.error && !talk.events.length ? <TalkError talk={talk} /> : <Log talk={talk} />}
        </div>
      )}
      <Notice talk={talk} />
      {held === 'me' ? <Composer talk={talk} row={row} /> : <ReadOnly talk={talk} row={row} held={held!} />}
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
  if (held === 'closed' || held === 'other') return null;
  const button = (icon: IconName, label: string, run: () => void, kind = '') => (
    <button type="button" class={'button ' + kind} aria-disabled={talk.busy} onClick={() => { if (!talk.busy) run(); }}>
      <Icon name={icon} /><span>{label}</span>
    </button>
  );
  return (
    <div class={held === 'me' ? 'actions' : 'actions to-claim'}>
      {held !== 'me' && button('take', t('claim'), () => void act(talk, 'claim'), 'primary')}
      {held === 'me' && button('bot', t('release'), () => void act(talk, 'release'))}
      {held === 'me' && button('queue', t('requeue'), () => void act(talk, 'requeue'))}
      {held === 'me' && button('check', t('end'), () => change({ dialog: 'end' }), 'danger')}
    </div>
  );
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
  const { drafts } = useDesk();
  const text =
    held === 'closed' ? t('onlyReadClosed')
    : held === 'other' ? t('onlyReadOther', { name: row.holder.agent?.name ?? '' })
    : held === 'bot' ? t('onlyReadBot')
    : t('onlyReadQueue');
  const draft = drafts[talk.id];
  return (
    <footer class="readonly">
      {draft && <p class="kept"><strong>{t('draftKept')}</strong><span>{draft}</span></p>}
      <p>{text}</p>
      {(held === 'queue' || held === 'bot') && (
        <button type="button" class="button primary" aria-disabled={talk.busy} onClick={() => void act(talk, 'claim')}>
          <Icon name="take" /><span>{t('claim')}</span>
        </button>
      )}
    </footer>
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
