// 分配与容量 and 服务目标: how conversations come to agents, and until when
// merchants should have an answer.
import { Button, Check, NumberField, SaveBar, useDocument, Waiting } from './kit';
import { t, type Key } from './texts';
import type { Routing, SLA } from './types';

export function RoutingPage() {
  const doc = useDocument<Routing>('routing');
  const v = doc.value;
  const put = (patch: Partial<Routing>): void => doc.set({ ...v!, ...patch });
  return (
    <>
      <p class="lead">{t('routingLead')}</p>
      <Waiting of={doc.loaded} />
      {v && (
        <form class="narrow" onSubmit={(e) => { e.preventDefault(); void doc.save(); }}>
          <Check label={t('offers')} hint={t('offersHint')} on={v.offers} set={(offers) => put({ offers })} disabled={doc.fixed} />
          <Check label={t('autoAccept')} on={v.auto_accept} set={(auto_accept) => put({ auto_accept })} disabled={doc.fixed} />
          <Check label={t('lastAgent')} on={v.last_agent} set={(last_agent) => put({ last_agent })} disabled={doc.fixed} />
          <div class="grid">
            <NumberField label={t('offer_s')} value={v.offer_s} set={(offer_s) => put({ offer_s })} min={5} max={300} disabled={doc.fixed} />
            <NumberField label={t('transfer_s')} value={v.transfer_s} set={(transfer_s) => put({ transfer_s })} min={5} max={300} disabled={doc.fixed} />
            <NumberField label={t('grace_s')} value={v.grace_s} set={(grace_s) => put({ grace_s })} min={30} max={3600} disabled={doc.fixed} />
            <NumberField label={t('silent_s')} value={v.silent_s} set={(silent_s) => put({ silent_s })} min={0} max={3600} hint={t('zeroNever')} disabled={doc.fixed} />
            <NumberField label={t('widen_s')} value={v.widen_s} set={(widen_s) => put({ widen_s })} min={0} max={3600} disabled={doc.fixed} />
            <NumberField label={t('capacityDefault')} value={v.capacity} set={(capacity) => put({ capacity })} min={1} max={50} disabled={doc.fixed} />
          </div>
          <SaveBar doc={doc} />
        </form>
      )}
    </>
  );
}

const SKILLS = ['general', 'settlement', 'risk', 'terminal'] as const;

export function SLAPage() {
  const doc = useDocument<SLA>('sla');
  const v = doc.value;
  const targets = v?.targets ?? {};
  const set = (skill: string, target: { first_s: number; resolve_s: number } | null): void => {
    const next = { ...targets };
    if (target) next[skill] = target;
    else delete next[skill];
    doc.set({ ...v!, targets: next });
  };
  return (
    <>
      <p class="lead">{t('slaLead')}</p>
      <Waiting of={doc.loaded} />
      {v && (
        <form class="narrow" onSubmit={(e) => { e.preventDefault(); void doc.save(); }}>
          {SKILLS.map((skill) => {
            const target = targets[skill];
            return (
              <fieldset key={skill} class="part">
                <legend>{t(('skill_' + skill) as Key)}</legend>
                {target ? (
                  <>
                    <div class="grid">
                      <NumberField label={t('first_s')} value={target.first_s} set={(first_s) => set(skill, { ...target, first_s })} min={0} max={86400} hint={t('zeroNone')} disabled={doc.fixed} />
                      <NumberField label={t('resolve_s')} value={target.resolve_s} set={(resolve_s) => set(skill, { ...target, resolve_s })} min={0} max={2592000} hint={t('zeroNone')} disabled={doc.fixed} />
                    </div>
                    {!doc.fixed && skill !== 'general' && <div class="acts"><Button kind="small" onClick={() => set(skill, null)}>{t('asGeneral')}</Button></div>}
                  </>
                ) : (
                  <div class="acts">
                    <span class="dim">{t(skill === 'general' ? 'noTarget' : 'likeGeneral')}</span>
                    {!doc.fixed && <Button kind="small" label={t('ownTarget') + ' ' + t(('skill_' + skill) as Key)} onClick={() => set(skill, targets.general ?? { first_s: 180, resolve_s: 7200 })}>{t('ownTarget')}</Button>}
                  </div>
                )}
              </fieldset>
            );
          })}
          <div class="grid">
            <NumberField label={t('amber')} value={v.amber} set={(amber) => doc.set({ ...v, amber })} min={10} max={95} disabled={doc.fixed} />
            <NumberField label={t('reply_amber_s')} value={v.reply_amber_s} set={(reply_amber_s) => doc.set({ ...v, reply_amber_s })} min={0} max={3600} disabled={doc.fixed} />
            <NumberField label={t('reply_red_s')} value={v.reply_red_s} set={(reply_red_s) => doc.set({ ...v, reply_red_s })} min={0} max={3600} hint={t('zeroNone')} disabled={doc.fixed} />
          </div>
          <SaveBar doc={doc} />
        </form>
      )}
    </>
  );
}
