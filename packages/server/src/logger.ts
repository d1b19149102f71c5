/** The log, as every part of the server sees it: facts first, then a few words. Never a secret among the facts. */
export interface Logger {
  debug(facts: object, words: string): void;
  info(facts: object, words: string): void;
  warn(facts: object, words: string): void;
  error(facts: object, words: string): void;
}
