// 满意度评价: whether, how and where merchants are asked how it was.
import { Check, Checks, NumberField, SaveBar, Text, useDocument, Waiting } from './kit';
import { t, type Key } from './texts';
import type { CSAT } from './types';

const CHANNELS = ['web', 'wechat', 'wechat-kf'] as const;

export function CSATPage() {
  const doc = useDocument<CSAT>('csat');
  const v = doc.value;
  const put = (patch: Partial<CSAT>): void => doc.set({ ...v!, ...patch });
  return (
    <>
      <p class="lead">{t('csatLead')}</p>
      <Waiting of={doc.loaded} />
      {v && (
        <form class="narrow" onSubmit={(e) => { e.preventDefault(); void doc.save(); }}>
          <Check label={t('csatOn')} on={v.on} set={(on) => put({ on })} disabled={doc.fixed} />
          <Text label={t('csatText')} name="text" value={v.text} set={(text) => put({ text })} required max={100} disabled={doc.fixed} />
          <Checks
            legend={t('csatChannels')} options={CHANNELS.map((c) => [c, t(('channel_' + c) as Key)] as const)} on={(v.channels ?? []) as typeof CHANNELS[number][]}
            set={(channels) => put({ channels })} disabled={doc.fixed}
          />
          <Check label={t('csatBot')} on={v.bot} set={(bot) => put({ bot })} disabled={doc.fixed} />
          <NumberField label={t('csatLow')} value={v.low} set={(low) => put({ low })} min={0} max={4} hint={t('csatLowHint')} disabled={doc.fixed} />
          <SaveBar doc={doc} />
        </form>
      )}
    </>
  );
}
