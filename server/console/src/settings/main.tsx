// The settings: one page at a time, chosen by the address. The console loads
// this file when somebody opens them.
import { render } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { AuditPage } from './audit';
import { CannedPage } from './canned';
import { ExportPage } from './export';
import type { Host, Mount } from './host';
import { HoursPage } from './hours';
import { HostContext } from './kit';
import { NoticesPage } from './notices';
import { PAGES, pagesFor, type PageName } from './pages';
import { PeoplePage } from './people';
import { RoutingPage, SLAPage } from './targets';
import css from './settings.css';
import { SitesPage } from './sites';
import { TeamsPage } from './teams';
import { speak, t } from './texts';
import { TokensPage } from './tokens';

const VIEWS: Record<PageName, () => preact.JSX.Element> = {
  people: PeoplePage, teams: TeamsPage, canned: CannedPage, hours: HoursPage, routing: RoutingPage, sla: SLAPage,
  notices: NoticesPage, sites: SitesPage, tokens: TokensPage, audit: AuditPage, export: ExportPage,
};

function Settings({ page, host }: { page: string; host: Host }) {
  const mine = pagesFor(host.me.role);
  const name = PAGES.find((p) => p === page && mine.includes(p)) ?? mine[0];
  const View = name && VIEWS[name];
  const head = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  useEffect(() => {
    if (first.current) first.current = false;
    else head.current?.focus();
  }, [name]);
  return (
    <HostContext.Provider value={host}>
      <div class="settings">
        <nav class="settings-nav" aria-label={t('settings')}>
          <button type="button" class="settings-back" onClick={host.leave}><span aria-hidden="true">‹</span> {t('back')}</button>
          <ul>
            {mine.map((p) => (
              <li key={p}><a href={'#/settings/' + p} aria-current={p === name ? 'page' : undefined}>{t(p)}</a></li>
            ))}
          </ul>
        </nav>
        <section class="settings-page" aria-labelledby="settings-title">
          <h2 id="settings-title" ref={head} tabIndex={-1}>{name ? t(name) : t('settings')}</h2>
          {View ? <View key={name} /> : <p>{t('nothingForYou')}</p>}
        </section>
      </div>
    </HostContext.Provider>
  );
}

let sheet: CSSStyleSheet | null = null;

export const mount: Mount = (into) => {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
  }
  const mine = sheet;
  if (!document.adoptedStyleSheets.includes(mine)) document.adoptedStyleSheets = [...document.adoptedStyleSheets, mine];
  return {
    show(page, host) {
      speak(host.lang);
      render(<Settings page={page} host={host} />, into);
    },
    gone() { render(null, into); },
  };
};
