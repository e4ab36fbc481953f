// Which pages of the settings there are, and who may open them. The server
// judges by itself; this only spares people doors that are shut to them.

export const PAGES = ['people', 'teams', 'canned', 'hours', 'routing', 'sla', 'notices', 'sites', 'tokens', 'audit', 'export'] as const;
export type PageName = typeof PAGES[number];

const OF: Record<string, readonly PageName[]> = {
  admin: PAGES,
  lead: ['people', 'teams', 'canned', 'hours', 'routing', 'sla', 'export'],
  editor: ['canned'],
};

export const pagesFor = (role = ''): readonly PageName[] => OF[role] ?? [];

/** Whether somebody serves merchants; an editor only writes what is told. */
export const serves = (role = ''): boolean => role !== 'editor';

/** The page that the address names, '' for none: #/settings/people */
export function settingsPage(): string {
  const [, area, page = ''] = location.hash.split('/');
  return area === 'settings' ? page || 'first' : '';
}
