// The door to the settings: fetches their file when somebody opens them.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call, sentence } from '../api';
import { open } from '../desk';
import { change, useDesk } from '../state';
import { language, t } from '../texts';
import type { Host, Mount, Mounted } from './host';

let mount: Promise<Mount> | null = null;

function fetchMount(): Promise<Mount> {
  const at: string = `/console/settings.js?v=${SETTINGS_VERSION}`;
  mount ??= import(at).then((file: { mount: Mount }) => file.mount);
  mount.catch(() => { mount = null; }); // the next try asks anew
  return mount;
}

export function SettingsArea({ page }: { page: string }) {
  const desk = useDesk();
  const place = useRef<HTMLDivElement>(null);
  const shown = useRef<Mounted | null>(null);
  const [failed, setFailed] = useState(false);
  const [tries, setTries] = useState(0);
  const lang = language();

  const host = (): Host => ({
    me: desk.me!, lang: language(), call, sentence,
    toast: (text) => change({ toast: { text } }),
    leave: () => open(desk.open),
  });

  useEffect(() => {
    let left = false;
    setFailed(false);
    fetchMount().then((mounted) => {
      if (left || !place.current) return;
      shown.current = mounted(place.current);
      shown.current.show(page, host());
    }, () => { if (!left) setFailed(true); });
    return () => {
      left = true;
      shown.current?.gone();
      shown.current = null;
    };
  }, [tries]);
  useEffect(() => { shown.current?.show(page, host()); }, [page, lang]);

  return (
    <div class="settings-place">
      {failed && (
        <div class="settings-failed">
          <p role="alert">{t('errNetwork')}</p>
          <button type="button" class="button" onClick={() => setTries(tries + 1)}>{t('retry')}</button>
        </div>
      )}
      <div ref={place} class="settings-root" />
    </div>
  );
}
