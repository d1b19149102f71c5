/** Thrown with one message that names every setting that is wrong. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}
