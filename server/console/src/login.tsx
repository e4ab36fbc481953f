// Sign in: first visit, wrong password, too many attempts, session expired.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Failure, sentence } from './api';
import { signIn } from './desk';
import { Icon, Mark } from './icons';
import { LanguageButton } from './shell';
import { useDesk } from './state';
import { t } from './texts';

export function Login() {
  const { expired } = useDesk();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  const nameField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (!matchMedia('(pointer: coarse)').matches) nameField.current?.focus();
  }, []);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (busy) return;
    if (!name.trim() || !password) {
      setError(t('signInMissing'));
      (name.trim() ? passwordField : nameField).current?.focus();
      return;
    }
    setBusy(true);
    setError('');
    try {
      await signIn(name.trim(), password);
    } catch (problem) {
      const often = problem instanceof Failure && problem.status === 429 && !problem.message;
      setError(often ? t('signInOften') : sentence(problem));
      setBusy(false);
      passwordField.current?.focus();
      passwordField.current?.select();
    }
  }

  return (
    <main class="login">
      <form class="login-box" onSubmit={submit} noValidate aria-labelledby="login-title">
        <div class="login-head">
          <Mark />
          <div>
            <h1 id="login-title">posdoctor</h1>
            <p>{t('console')}</p>
          </div>
          <LanguageButton />
        </div>
        {expired && !error && (
          <p class="banner amber" role="alert"><Icon name="clock" /><span>{t('expired')}</span></p>
        )}
        {error && <p class="banner red" role="alert" id="login-error"><Icon name="alarm" /><span>{error}</span></p>}
        <label class="field">
          <span>{t('name')}</span>
          <input
            ref={nameField} name="username" autocomplete="username" autocapitalize="none" spellcheck={false}
            value={name} onInput={(e) => setName(e.currentTarget.value)}
            aria-invalid={!!error} aria-describedby={error ? 'login-error' : undefined}
          />
        </label>
        <div class="field">
          <label for="login-password">{t('password')}</label>
          <div class="with-button">
            <input
              id="login-password" ref={passwordField} name="password" autocomplete="current-password" type={(shown ? 'text' : 'password') as 'password'}
              value={password} onInput={(e) => setPassword(e.currentTarget.value)}
              aria-invalid={!!error} aria-describedby={error ? 'login-error' : undefined}
            />
            <button
              type="button" class="icon-button" aria-pressed={shown} onClick={() => setShown(!shown)}
              aria-label={t(shown ? 'hidePassword' : 'showPassword')} title={t(shown ? 'hidePassword' : 'showPassword')}
            >
              <Icon name="eye" />
            </button>
          </div>
        </div>
        <button type="submit" class="button primary wide" aria-disabled={busy}>{t(busy ? 'signingIn' : 'signIn')}</button>
        <p class="login-hint">{t('signInHint')}</p>
      </form>
    </main>
  );
}
