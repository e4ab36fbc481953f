// 营业时间与节假日: when people serve.
import { useState } from 'preact/hooks';
import { Button, Check, SaveBar, Select, Text, useDocument, Waiting } from './kit';
import { t, type Key } from './texts';
import type { Day, Hours, Shift, Week } from './types';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export function HoursPage() {
  const doc = useDocument<Hours>('hours');
  const [site, setSite] = useState('');
  const [fresh, setFresh] = useState('');
  const v = doc.value;
  const sites = v?.sites ?? {};
  const week = v && (site ? sites[site] ?? v.desk : v.desk);
  const set = (w: Week): void => doc.set(site ? { ...v!, sites: { ...sites, [site]: w } } : { ...v!, desk: w });

  function add(): void {
    const name = fresh.trim();
    if (!name) return;
    doc.set({ ...v!, sites: { ...sites, [name]: sites[name] ?? v!.desk } });
    setSite(name);
    setFresh('');
  }
  function drop(): void {
    const rest = { ...sites };
    delete rest[site];
    doc.set({ ...v!, sites: rest });
    setSite('');
  }

  return (
    <>
      <p class="lead">{t('hoursLead')}</p>
      <Waiting of={doc.loaded} />
      {v && week && (
        <form onSubmit={(e) => { e.preventDefault(); void doc.save(); }}>
          <div class="one-line">
            <Select label={t('hoursOf')} value={site} set={setSite} options={[['', t('allSites')] as const, ...Object.keys(sites).map((s) => [s, s] as const)]} />
            {site && !doc.fixed && <Button onClick={drop}>{t('dropSite')}</Button>}
          </div>
          {!doc.fixed && (
            <div class="one-line">
              <Text label={t('newSite')} value={fresh} set={setFresh} hint={t('newSiteHint')} max={64} />
              <Button onClick={add} busy={!fresh.trim()}>{t('add')}</Button>
            </div>
          )}
          <Check label={t('always')} on={week.always} set={(always) => set({ ...week, always })} disabled={doc.fixed} />
          {!week.always && (
            <div class="week">
              {DAYS.map((name, i) => (
                <Shifts
                  key={name} label={t(name as Key)} shifts={week.days[i] ?? []} fixed={doc.fixed}
                  set={(shifts) => set({ ...week, days: DAYS.map((_, j) => (i === j ? shifts : week.days[j] ?? [])) })}
                />
              ))}
              <Shifts label={t('holiday')} shifts={week.holiday ?? []} fixed={doc.fixed} set={(holiday) => set({ ...week, holiday })} />
              <Shifts label={t('makeUp')} none={t('asMonday')} shifts={week.make_up ?? []} fixed={doc.fixed} set={(make_up) => set({ ...week, make_up })} />
            </div>
          )}
          <Calendar days={v.calendar ?? []} fixed={doc.fixed} set={(calendar) => doc.set({ ...v, calendar })} />
          <SaveBar doc={doc} />
        </form>
      )}
    </>
  );
}

function Shifts({ label, shifts, set, fixed, none }: { label: string; shifts: Shift[]; set: (shifts: Shift[]) => void; fixed: boolean; none?: string }) {
  const put = (i: number, patch: Partial<Shift>): void => set(shifts.map((s, j) => (i === j ? { ...s, ...patch } : s)));
  const time = (i: number, which: 'from' | 'to', value: string) => (
    <input
      class="clock" aria-label={`${label} ${i + 1} ${t(which)}`} value={value} disabled={fixed} required pattern="([01][0-9]|2[0-4]):[0-5][0-9]" placeholder="09:00"
      inputMode="numeric" maxLength={5} onInput={(e) => put(i, { [which]: e.currentTarget.value.replace('：', ':') })}
    />
  );
  return (
    <div class="shifts" role="group" aria-label={label}>
      <span class="shifts-day">{label}</span>
      <div class="shifts-list">
        {!shifts.length && <span class="dim">{none ?? t('shut')}</span>}
        {shifts.map((s, i) => (
          <span key={i} class="shift">
            {time(i, 'from', s.from)}<span aria-hidden="true">–</span>{time(i, 'to', s.to)}
            {!fixed && <button type="button" class="icon-button" aria-label={`${t('remove')} ${label} ${s.from}–${s.to}`} onClick={() => set(shifts.filter((_, j) => j !== i))}>×</button>}
          </span>
        ))}
        {!fixed && (
          <Button kind="small" label={`${t('addShift')} ${label}`} onClick={() => set([...shifts, shifts.length ? { from: shifts[shifts.length - 1]!.to, to: '24:00' } : { from: '09:00', to: '21:00' }])}>
            {t('addShift')}
          </Button>
        )}
      </div>
    </div>
  );
}

function Calendar({ days, set, fixed }: { days: Day[]; set: (days: Day[]) => void; fixed: boolean }) {
  const years = [...new Set(days.map((d) => d.date.slice(0, 4)))].sort();
  const now = String(new Date().getFullYear());
  const [year, setYear] = useState(now);
  const [date, setDate] = useState('');
  const [name, setName] = useState('');
  const [work, setWork] = useState<'no' | 'yes'>('no');
  const shown = days.filter((d) => d.date.startsWith(year)).sort((a, b) => (a.date < b.date ? -1 : 1));

  function add(): void {
    if (!date) return;
    set([...days.filter((d) => d.date !== date), { date, name: name.trim(), work: work === 'yes' }].sort((a, b) => (a.date < b.date ? -1 : 1)));
    setYear(date.slice(0, 4));
    setDate('');
  }
  return (
    <fieldset class="part">
      <legend>{t('calendar')}</legend>
      <Select label={t('year')} value={year} set={setYear} options={[...new Set([...years, now, year])].sort().map((y) => [y, y] as const)} />
      {!shown.length && <p class="dim">{t('noDays')}</p>}
      <ul class="days">
        {shown.map((d) => (
          <li key={d.date}>
            <time>{d.date}</time> <span>{d.name}</span> <span class={'tag' + (d.work ? '' : ' plain')}>{t(d.work ? 'worked' : 'rest')}</span>
            {!fixed && <button type="button" class="icon-button" aria-label={`${t('remove')} ${d.date}`} onClick={() => set(days.filter((x) => x.date !== d.date))}>×</button>}
          </li>
        ))}
      </ul>
      {!fixed && (
        <div class="one-line">
          <Text label={t('date')} type="date" value={date} set={setDate} />
          <Text label={t('dayName')} value={name} set={setName} max={20} />
          <Select label={t('dayKind')} value={work} set={setWork} options={[['no', t('rest')], ['yes', t('worked')]]} />
          <Button onClick={add} busy={!date}>{t('add')}</Button>
        </div>
      )}
    </fieldset>
  );
}
