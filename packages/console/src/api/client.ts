import { Fovea } from '@fovea/sdk';

/** The platform that served this page, reached with the session's cookie. */
export const fovea = new Fovea({ url: window.location.origin });
