/**
 * Kalman filter of one coordinate with constant velocity (R. Kalman, 1960; white-noise acceleration model of
 * Y. Bar-Shalom et al., "Estimation with Applications to Tracking and Navigation", 2001, section 6.2.2).
 * Time is counted in steps; the state is [position, velocity per step].
 */
export class CoordinateFilter {
  position: number;
  velocity = 0;
  #pp: number;
  #pv = 0;
  #vv: number;
  readonly #acceleration: number;
  readonly #measurement: number;

  /** @param noise standard deviations: of a measurement, of the acceleration per step², of the first velocity. */
  constructor(position: number, noise: { measurement: number; acceleration: number; velocity: number }) {
    this.position = position;
    this.#measurement = noise.measurement ** 2;
    this.#acceleration = noise.acceleration ** 2;
    this.#pp = this.#measurement;
    this.#vv = noise.velocity ** 2;
  }

  predict(): void {
    this.position += this.velocity;
    this.#pp += 2 * this.#pv + this.#vv + this.#acceleration / 4;
    this.#pv += this.#vv + this.#acceleration / 2;
    this.#vv += this.#acceleration;
  }

  correct(measured: number): void {
    const total = this.#pp + this.#measurement;
    const gainPosition = this.#pp / total;
    const gainVelocity = this.#pv / total;
    const error = measured - this.position;
    this.position += gainPosition * error;
    this.velocity += gainVelocity * error;
    this.#vv -= gainVelocity * this.#pv;
    this.#pv *= 1 - gainPosition;
    this.#pp *= 1 - gainPosition;
  }
}
