/** The web page of the daemon: starts it in the browser. */

import { render } from 'preact';
import { App } from './shell/app.tsx';

render(<App />, document.body);
