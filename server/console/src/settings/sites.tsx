// 站点: the pages on which the widget may stand, with what they include and the keys that sign for their visitors.
import { useState } from 'preact/hooks';
import { Button, Check, Confirm, Dialog, Problem, Secret, Select, Text, useAct, useHost, useLoaded, Waiting, when } from './kit';
import { words } from './sites-texts';
import { t } from './texts';

interface Key { kid: string; alg: string; at: number }

interface SiteForm {
  name: string;
  origins: string[];
  opaque?: boolean;
  title: string;
  greeting: string;
  topics?: string[];
  phone?: string;
  color?: string;
  position?: string;
  theme?: string;
  launcher?: string;
  locale?: string;
  texts?: Record<string, string>;
  hours?: string;
}

interface Site extends SiteForm {
  id: string;
  version: number;
  at: number;
  keys: Key[];
  snippet: string;
  csp: string;
  chat: string;
}

const BUILT_IN = 'demo';
const at = (site: Site, more = ''): string => 'sites/' + encodeURIComponent(site.id) + more;

export function SitesPage() {
  const host = useHost();
  const w = words(host.lang);
  const sites = useLoaded<{ sites: Site[] }>('sites');
  const [form, setForm] = useState<Site | 'new' | null>(null);
  const [gone, setGone] = useState<Site | null>(null);
  const removing = useAct();

  async function remove(): Promise<void> {
    if (await removing.run(async () => { await host.call('DELETE', at(gone!)); })) {
      setGone(null);
      void sites.again();
    }
  }

  return (
    <>
      <p class="lead">{w('lead')} <a href="/guide" target="_blank" rel="noopener">{w('guide')}</a></p>
      <div class="acts"><Button kind="primary" onClick={() => setForm('new')}>{w('add')}</Button></div>
      <Waiting of={sites} />
      <ul class="cards">
        {sites.data?.sites.map((site) => (
          <SiteCard key={site.id} site={site} edit={() => setForm(site)} remove={() => setGone(site)} changed={() => void sites.again()} />
        ))}
      </ul>
      {form && <SiteDialog site={form === 'new' ? null : form} shut={() => setForm(null)} done={() => { setForm(null); host.toast(t('saved')); void sites.again(); }} />}
      {gone && (
        <Confirm
          title={w('removeSite')} text={w('removeSiteAsk', { name: gone.name })} act={() => void remove()}
          shut={() => { setGone(null); removing.setError(''); }} error={removing.error} busy={removing.busy}
        />
      )}
    </>
  );
}

function SiteCard({ site, edit, remove, changed }: { site: Site; edit: () => void; remove: () => void; changed: () => void }) {
  const w = words(useHost().lang);
  return (
    <li class="card-row site-card">
      <div class="card-main">
        <strong>{site.name}</strong> <span class="tag plain">{site.id}</span> {site.id === BUILT_IN && <span class="tag plain">{w('builtIn')}</span>}
        <p class="dim small">{site.origins.length ? site.origins.join('　') : w('noOrigins')}</p>
        <details>
          <summary>{w('install')}</summary>
          <Code what={w('snippet')} text={site.snippet} />
          <Code what={w('csp')} text={site.csp} />
          <Code what={w('chat')} text={site.chat} />
          <p><a href={'/chat?site=' + encodeURIComponent(site.id)} target="_blank" rel="noopener">{w('preview')}</a></p>
        </details>
        <details>
          <summary>{w('keys')}（{site.keys.length}）</summary>
          <Keys site={site} changed={changed} />
        </details>
      </div>
      <div class="acts">
        <Button kind="small" label={t('edit') + ' ' + site.name} onClick={edit}>{t('edit')}</Button>
        {site.id !== BUILT_IN && <Button kind="small danger" label={t('remove') + ' ' + site.name} onClick={remove}>{t('remove')}</Button>}
      </div>
    </li>
  );
}

/** Something to paste elsewhere, with a button that copies it. */
function Code({ what, text }: { what: string; text: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <div class="secret">
      <p>{what}</p>
      <code>{text}</code>
      <div class="acts">
        <Button
          kind="small" label={t('copy') + ' ' + what}
          onClick={() => { void navigator.clipboard?.writeText(text).then(() => setCopied(true), () => setCopied(false)); }}
        >
          {t(copied ? 'copied' : 'copy')}
        </Button>
      </div>
    </div>
  );
}

function Keys({ site, changed }: { site: Site; changed: () => void }) {
  const host = useHost();
  const w = words(host.lang);
  const [adding, setAdding] = useState(false);
  const [once, setOnce] = useState<{ kid: string; secret: string } | null>(null);
  const [gone, setGone] = useState<Key | null>(null);
  const removing = useAct();

  async function remove(): Promise<void> {
    if (await removing.run(async () => { await host.call('DELETE', at(site, '/keys/' + encodeURIComponent(gone!.kid))); })) {
      setGone(null);
      changed();
    }
  }
  return (
    <>
      <p class="dim small">{w('keysLead')}</p>
      {once && <Secret text={once.secret} what={w('secretOnce', { kid: once.kid })} done={() => setOnce(null)} />}
      {!site.keys.length && <p class="dim">{w('noKeys')}</p>}
      <ul class="cards">
        {site.keys.map((key) => (
          <li key={key.kid} class="card-row">
            <div class="card-main"><code>{key.kid}</code> <span class="dim small">{w('keyMade', { alg: key.alg, when: when(key.at) })}</span></div>
            <div class="acts"><Button kind="small danger" label={w('removeKey') + ' ' + key.kid} onClick={() => setGone(key)}>{t('remove')}</Button></div>
          </li>
        ))}
      </ul>
      <div class="acts"><Button kind="small" label={w('addKey') + ' ' + site.name} onClick={() => setAdding(true)}>{w('addKey')}</Button></div>
      {adding && (
        <KeyDialog
          site={site} shut={() => setAdding(false)}
          done={(kid, secret) => { setAdding(false); setOnce(secret ? { kid, secret } : null); changed(); }}
        />
      )}
      {gone && (
        <Confirm
          title={w('removeKey')} text={w('removeKeyAsk', { kid: gone.kid })} act={() => void remove()}
          shut={() => { setGone(null); removing.setError(''); }} error={removing.error} busy={removing.busy}
        />
      )}
    </>
  );
}

function KeyDialog({ site, shut, done }: { site: Site; shut: () => void; done: (kid: string, secret: string) => void }) {
  const host = useHost();
  const w = words(host.lang);
  const act = useAct();
  const [alg, setAlg] = useState<'HS256' | 'EdDSA'>('HS256');
  const [key, setKey] = useState('');

  function save(event: Event): void {
    event.preventDefault();
    void act.run(async () => {
      const got = await host.call<{ site: Site; secret?: string }>('POST', at(site, '/keys'), alg === 'EdDSA' ? { alg, public: key } : { alg });
      const known = new Set(site.keys.map((k) => k.kid));
      done(got.site.keys.find((k) => !known.has(k.kid))?.kid ?? '', got.secret ?? '');
    });
  }
  return (
    <Dialog title={w('addKey')} shut={shut}>
      <form onSubmit={save}>
        <Select label={w('alg')} value={alg} set={setAlg} options={[['HS256', w('hs')], ['EdDSA', w('ed')]] as const} />
        {alg === 'EdDSA' && <Text label={w('public')} name="public" value={key} set={setKey} lines={4} required hint={w('publicHint')} />}
        <Problem text={act.error} />
        <div class="dialog-foot">
          <Button onClick={shut}>{t('cancel')}</Button>
          <Button submit kind="primary" busy={act.busy}>{t(act.busy ? 'saving' : 'add')}</Button>
        </div>
      </form>
    </Dialog>
  );
}

const lines = (text: string): string[] => text.split('\n').map((x) => x.trim()).filter(Boolean);

function SiteDialog({ site, shut, done }: { site: Site | null; shut: () => void; done: () => void }) {
  const host = useHost();
  const w = words(host.lang);
  const act = useAct();
  const [f, setF] = useState<SiteForm>(site ?? { name: '', origins: [], title: '机具助手', greeting: '您好，我是智能助手。机器或账户出了什么问题？' });
  const [origins, setOrigins] = useState(f.origins.join('\n'));
  const [topics, setTopics] = useState((f.topics ?? []).join('\n'));
  const [texts, setTexts] = useState(Object.entries(f.texts ?? {}).map(([k, v]) => `${k}=${v}`).join('\n'));
  const put = (change: Partial<SiteForm>): void => setF({ ...f, ...change });

  function save(event: Event): void {
    event.preventDefault();
    const own = Object.fromEntries(lines(texts).map((x) => { const i = x.indexOf('='); return i < 0 ? [x, ''] : [x.slice(0, i).trim(), x.slice(i + 1).trim()]; }));
    const body = {
      name: f.name, origins: lines(origins), opaque: !!f.opaque, title: f.title, greeting: f.greeting, topics: lines(topics), phone: f.phone ?? '', color: f.color ?? '',
      position: f.position ?? '', theme: f.theme ?? '', launcher: f.launcher ?? '', locale: f.locale ?? '', hours: f.hours ?? '', texts: own,
    };
    void act.run(async () => {
      if (site) await host.call('PUT', at(site), { ...body, version: site.version });
      else await host.call('POST', 'sites', body);
      done();
    });
  }
  return (
    <Dialog title={w(site ? 'edit' : 'add')} shut={shut}>
      <form onSubmit={save}>
        <Text label={w('name')} name="name" value={f.name} set={(name) => put({ name })} max={40} required hint={w('nameHint')} />
        <Text label={w('origins')} name="origins" value={origins} set={setOrigins} lines={3} hint={w('originsHint')} />
        <Check label={w('opaque')} on={!!f.opaque} set={(opaque) => put({ opaque })} hint={w('opaqueHint')} />
        <details>
          <summary>{w('look')}</summary>
          <Text label={w('title')} name="title" value={f.title} set={(title) => put({ title })} max={40} />
          <Text label={w('greeting')} name="greeting" value={f.greeting} set={(greeting) => put({ greeting })} max={200} />
          <Text label={w('topics')} name="topics" value={topics} set={setTopics} lines={4} hint={w('topicsHint')} />
          <Text label={w('phone')} name="phone" value={f.phone ?? ''} set={(phone) => put({ phone })} max={40} hint={w('phoneHint')} />
          <Text label={w('hours')} name="hours" value={f.hours ?? ''} set={(hours) => put({ hours })} max={80} hint={w('hoursHint')} />
          <Text label={w('color')} name="color" value={f.color ?? ''} set={(color) => put({ color })} max={7} hint={w('colorHint')} placeholder="#0b5f66" />
          <Text label={w('launcher')} name="launcher" value={f.launcher ?? ''} set={(launcher) => put({ launcher })} max={12} hint={w('launcherHint')} />
          <Select label={w('position')} value={f.position || 'right'} set={(position) => put({ position })} options={[['right', w('right')], ['left', w('left')]] as const} />
          <Select label={w('theme')} value={f.theme || 'auto'} set={(theme) => put({ theme })} options={[['auto', w('auto')], ['light', w('light')], ['dark', w('dark')]] as const} />
          <Select label={w('locale')} value={f.locale ?? ''} set={(locale) => put({ locale })} options={[['', w('follow')], ['zh-CN', '中文'], ['en', 'English']] as const} />
          <Text label={w('texts')} name="texts" value={texts} set={setTexts} lines={3} hint={w('textsHint')} />
        </details>
        <Problem text={act.error} />
        <div class="dialog-foot">
          <Button onClick={shut}>{t('cancel')}</Button>
          <Button submit kind="primary" busy={act.busy}>{t(act.busy ? 'saving' : 'save')}</Button>
        </div>
      </form>
    </Dialog>
  );
}
