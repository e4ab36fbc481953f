// 接口令牌: what other systems may do here.
import { useState } from 'preact/hooks';
import { Button, Checks, Confirm, Dialog, Problem, Secret, Select, Text, useAct, useHost, useLoaded, Waiting, when } from './kit';
import { t, type Key } from './texts';
import type { Token } from './types';

const scope = (name: string): string => t(('scope_' + name.replace(':', '_')) as Key);
const DAYS = ['30', '90', '365', '0'] as const;

export function TokensPage() {
  const host = useHost();
  const tokens = useLoaded<{ tokens: Token[]; scopes: string[] }>('tokens');
  const [adding, setAdding] = useState(false);
  const [once, setOnce] = useState<{ name: string; secret: string } | null>(null);
  const [gone, setGone] = useState<Token | null>(null);
  const revoking = useAct();

  async function revoke(): Promise<void> {
    if (await revoking.run(async () => { await host.call('DELETE', 'tokens/' + encodeURIComponent(gone!.id)); })) {
      setGone(null);
      void tokens.again();
    }
  }

  return (
    <>
      <p class="lead">{t('tokensLead')} <a href="/api/openapi.json" target="_blank" rel="noopener">{t('apiDocument')}</a></p>
      {once && <Secret text={once.secret} what={t('tokenOnce', { name: once.name })} done={() => setOnce(null)} />}
      <div class="acts"><Button kind="primary" onClick={() => setAdding(true)}>{t('addToken')}</Button></div>
      <Waiting of={tokens} />
      {tokens.data && !tokens.data.tokens.length && <p class="dim">{t('noTokens')}</p>}
      <ul class="cards">
        {tokens.data?.tokens.map((x) => (
          <li key={x.id} class={'card-row' + (x.state === 'good' ? '' : ' off')}>
            <div class="card-main">
              <strong>{x.name}</strong> <span class={'tag' + (x.state === 'good' ? '' : ' plain')}>{t(('token_' + x.state) as Key)}</span>
              <p class="dim small">{x.scopes.map(scope).join('、')}</p>
              <p class="dim small">
                {t('tokenMade', { who: x.creator, when: when(x.created) })} · {x.expires ? t('expires', { when: when(x.expires) }) : t('neverExpires')} · {x.used ? t('used', { when: when(x.used) }) : t('neverUsed')}
              </p>
            </div>
            {x.state === 'good' && <div class="acts"><Button kind="small danger" label={t('revoke') + ' ' + x.name} onClick={() => setGone(x)}>{t('revoke')}</Button></div>}
          </li>
        ))}
      </ul>
      {adding && tokens.data && (
        <TokenDialog scopes={tokens.data.scopes} shut={() => setAdding(false)} done={(name, secret) => { setAdding(false); setOnce({ name, secret }); void tokens.again(); }} />
      )}
      {gone && <Confirm title={t('revoke')} text={t('revokeAsk', { name: gone.name })} act={() => void revoke()} shut={() => { setGone(null); revoking.setError(''); }} error={revoking.error} busy={revoking.busy} />}
    </>
  );
}

function TokenDialog({ scopes, shut, done }: { scopes: string[]; shut: () => void; done: (name: string, secret: string) => void }) {
  const host = useHost();
  const act = useAct();
  const [name, setName] = useState('');
  const [granted, setGranted] = useState<string[]>([]);
  const [days, setDays] = useState<typeof DAYS[number]>('90');

  function save(event: Event): void {
    event.preventDefault();
    void act.run(async () => {
      const expires = days === '0' ? 0 : Date.now() + Number(days) * 86_400_000;
      const got = await host.call<{ name: string; secret: string }>('POST', 'tokens', { name, scopes: granted, expires });
      done(got.name, got.secret);
    });
  }
  return (
    <Dialog title={t('addToken')} shut={shut}>
      <form onSubmit={save}>
        <Text label={t('tokenName')} name="name" value={name} set={setName} required max={32} hint={t('tokenNameHint')} />
        <Checks legend={t('scopes')} options={scopes.map((s) => [s, scope(s)] as const)} on={granted} set={setGranted} />
        <Select label={t('validFor')} value={days} set={setDays} options={DAYS.map((d) => [d, d === '0' ? t('neverExpires') : t('days', { n: d })] as const)} />
        <Problem text={act.error} />
        <div class="dialog-foot">
          <Button onClick={shut}>{t('cancel')}</Button>
          <Button submit kind="primary" busy={act.busy}>{t(act.busy ? 'saving' : 'add')}</Button>
        </div>
      </form>
    </Dialog>
  );
}
