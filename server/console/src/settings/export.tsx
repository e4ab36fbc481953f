// 导出: conversations of a period, as a file.
import { useState } from 'preact/hooks';
import { Button, day, dayStart, Problem, Select, Text } from './kit';
import { t } from './texts';

export function ExportPage() {
  const today = new Date();
  const before = new Date(today.getTime() - 6 * 86_400_000);
  const [from, setFrom] = useState(day(before));
  const [to, setTo] = useState(day(today));
  const [format, setFormat] = useState<'csv' | 'jsonl'>('csv');
  const [error, setError] = useState('');

  function go(event: Event): void {
    event.preventDefault();
    const start = from ? dayStart(from) : NaN;
    const end = to ? dayStart(to, 1) : NaN;
    if (!(end > start)) return setError(t('periodEmpty'));
    if (end - start > 93 * 86_400_000) return setError(t('periodLong'));
    setError('');
    const link = document.createElement('a');
    link.href = `/api/a/v1/export?format=${format}&from=${start}&to=${end}`;
    link.download = '';
    link.click(); // the browser writes the file while it comes; nothing is held in the page
  }
  return (
    <>
      <p class="lead">{t('exportLead')}</p>
      <form class="narrow" onSubmit={go}>
        <Text label={t('fromDay')} type="date" value={from} set={setFrom} required />
        <Text label={t('toDay')} type="date" value={to} set={setTo} required />
        <Select label={t('format')} value={format} set={setFormat} options={[['csv', t('formatCSV')], ['jsonl', t('formatJSONL')]]} />
        <Problem text={error} />
        <div class="acts"><Button submit kind="primary">{t('take')}</Button></div>
      </form>
    </>
  );
}
