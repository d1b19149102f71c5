const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => escapes[char] ?? char);

/** The page where a person logs in for a program of theirs that waits at the callback. */
export function loginPage({ action, callback, problem }: { action: string; callback: string; problem: string | undefined }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Log in to Fovea</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f5f6f8; color: #1c1f26 }
  form { background: #fff; padding: 2rem; border-radius: 10px; box-shadow: 0 2px 16px #0002; width: min(22rem, 90vw); display: grid; gap: .75rem; box-sizing: border-box }
  h1 { font-size: 1.25rem; margin: 0 } p { margin: 0; color: #565c69 } .problem { color: #b3261e }
  label { display: grid; gap: .25rem; font-size: .9rem } input { font: inherit; padding: .5rem; border: 1px solid #c3c8d1; border-radius: 6px }
  button { font: inherit; padding: .6rem; border: 0; border-radius: 6px; background: #2456d6; color: #fff; cursor: pointer }
</style>
</head>
<body>
<form method="post" action="${escape(action)}">
  <h1>Log in to Fovea</h1>
  <p>A program on this computer asks to work in your name.</p>
  ${problem === undefined ? '' : `<p class="problem" role="alert">${escape(problem)}</p>`}
  <label>E-mail <input name="email" type="email" autocomplete="username" required autofocus></label>
  <label>Password or key <input name="password" type="password" autocomplete="current-password" required></label>
  <input type="hidden" name="callback" value="${escape(callback)}">
  <button type="submit">Log in</button>
</form>
</body>
</html>
`;
}
