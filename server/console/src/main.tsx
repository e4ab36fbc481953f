// The console's beginning: which of the few screens is shown.
import { render } from 'preact';
import { hangBell } from './bell';
import { boot } from './desk';
import { listenToKeys } from './keys';
import { Login } from './login';
import { Shell, ShellSkeleton, Unreachable } from './shell';
import { useDesk } from './state';
import { language, speak } from './texts';

function App() {
  const { phase } = useDesk();
  switch (phase) {
    case 'boot': return <ShellSkeleton />;
    case 'unreachable': return <Unreachable />;
    case 'login': return <Login />;
    default: return <Shell />;
  }
}

speak(language());
hangBell();
listenToKeys();
render(<App />, document.getElementById('app')!);
void boot();
