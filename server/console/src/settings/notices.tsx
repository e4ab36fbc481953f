// 通知: where agents are told who do not look at the console.
import { useState } from 'preact/hooks';
import { Button, Check, Checks, SaveBar, Text, useDocument, useHost, useLoaded, Waiting, when } from './kit';
import { t, type Key } from './texts';
import type { Notice, Notices } from './types';

const KINDS = ['queued', 'late', 'left', 'unsure'] as const;
const kind = (name: string): string => t(('notice_' + name) as Key);

export function NoticesPage() {
  const doc = useDocument<Notices>('notices');
  const told = useLoaded<{ notices: Notice[] }>('notices');
  const v = doc.value;

  function fresh(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(24));
    return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
  }

  return (
    <>
      <p class="lead">{t('noticesLead')}</p>
      <Waiting of={doc.loaded} />
      {v && (
        <form class="narrow" onSubmit={(e) => { e.preventDefault(); void doc.save(); }}>
          <Checks legend={t('noticeKinds')} options={KINDS.map((k) => [k, kind(k)] as const)} on={v.kinds as typeof KINDS[number][]} set={(kinds) => doc.set({ ...v, kinds })} disabled={doc.fixed} />
          <Check label={t('noticeTopic')} hint={t('noticeTopicHint')} on={v.topic} set={(topic) => doc.set({ ...v, topic })} disabled={doc.fixed} />
          <fieldset class="part">
            <legend>{t('wecom')}</legend>
            <Check label={t('on')} on={v.wecom.on} set={(on) => doc.set({ ...v, wecom: { ...v.wecom, on } })} disabled={doc.fixed} />
            <Text label={t('wecomKey')} name="key" value={v.wecom.key} set={(key) => doc.set({ ...v, wecom: { ...v.wecom, key } })} hint={t('wecomKeyHint')} disabled={doc.fixed} />
            <Try way="wecom" changed={doc.changed} done={() => void told.again()} />
          </fieldset>
          <fieldset class="part">
            <legend>Webhook</legend>
            <Check label={t('on')} on={v.webhook.on} set={(on) => doc.set({ ...v, webhook: { ...v.webhook, on } })} disabled={doc.fixed} />
            <Text label={t('webhookURL')} name="url" type="url" value={v.webhook.url} set={(url) => doc.set({ ...v, webhook: { ...v.webhook, url } })} hint={t('webhookHint')} placeholder="https://" disabled={doc.fixed} />
            <Text label={t('webhookSecret')} name="secret" value={v.webhook.secret} set={(secret) => doc.set({ ...v, webhook: { ...v.webhook, secret } })} hint={t('webhookSecretHint')} disabled={doc.fixed} />
            {!doc.fixed && <div class="acts"><Button kind="small" onClick={() => doc.set({ ...v, webhook: { ...v.webhook, secret: fresh() } })}>{t('freshSecret')}</Button></div>}
            <Try way="webhook" changed={doc.changed} done={() => void told.again()} />
          </fieldset>
          <SaveBar doc={doc} />
        </form>
      )}
      <h3>{t('noticesTold')}</h3>
      <Waiting of={told} />
      {told.data && !told.data.notices.length && <p class="dim">{t('noNotices')}</p>}
      {told.data && told.data.notices.length > 0 && (
        <div class="table-place" role="region" aria-label={t('noticesTold')} tabIndex={0}>
          <table>
            <thead><tr><th scope="col">{t('time')}</th><th scope="col">{t('way')}</th><th scope="col">{t('what')}</th><th scope="col">{t('state')}</th></tr></thead>
            <tbody>
              {told.data.notices.map((n) => (
                <tr key={n.id}>
                  <td><time>{when(n.told)}</time></td>
                  <td>{n.way === 'wecom' ? t('wecom') : 'Webhook'}</td>
                  <td>{kind(n.kind)}</td>
                  <td class={n.state === 'failed' ? 'red-text' : undefined}>{t(('told_' + n.state) as Key)}{n.reason ? `：${n.reason}` : ''}{n.attempts > 1 ? ` (${n.attempts})` : ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function Try({ way, changed, done }: { way: 'wecom' | 'webhook'; changed: boolean; done: () => void }) {
  const host = useHost();
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ ok: boolean; text: string } | null>(null);

  async function go(): Promise<void> {
    if (changed) return setSaid({ ok: false, text: t('saveFirst') });
    setBusy(true);
    setSaid(null);
    try {
      const got = await host.call<{ ok: boolean; detail: string }>('POST', 'notices/test', { way });
      setSaid({ ok: got.ok, text: got.detail });
    } catch (problem) {
      setSaid({ ok: false, text: host.sentence(problem) });
    }
    setBusy(false);
    done();
  }
  return (
    <div class="acts">
      <Button kind="small" busy={busy} label={t('test') + ' ' + (way === 'wecom' ? t('wecom') : 'Webhook')} onClick={() => void go()}>{t(busy ? 'testing' : 'test')}</Button>
      <span role="status" class={said && !said.ok ? 'red-text' : undefined}>{said?.text}</span>
    </div>
  );
}
