interface Sent {
  readonly number: number;
  readonly text: string;
}

/** The frames that were sent and not acked yet, in order. They are what a resumed session sends again. */
export class SendWindow {
  #sent: Sent[] = [];
  /** Where the first unacked one is in `#sent`; moved forward instead of shifting the array for each ack. */
  #first = 0;
  #bytes = 0;
  #lastNumber = 0;

  /** The number of the newest frame, 0 before the first. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  /** Length of the kept texts: their size in memory is once or twice that. */
  get bytes(): number {
    return this.#bytes;
  }

  get frames(): number {
    return this.#sent.length - this.#first;
  }

  /** The number that is acked already. */
  get acked(): number {
    return this.#lastNumber - this.frames;
  }

  add(text: string): void {
    this.#lastNumber += 1;
    this.#sent.push({ number: this.#lastNumber, text });
    this.#bytes += text.length;
  }

  /** False when the number was never sent. One that was acked before changes nothing. */
  ack(number: number): boolean {
    if (number > this.#lastNumber) return false;
    let entry = this.#sent[this.#first];
    while (entry && entry.number <= number) {
      this.#bytes -= entry.text.length;
      this.#first += 1;
      entry = this.#sent[this.#first];
    }
    if (this.#first > 1024 && this.#first * 2 > this.#sent.length) this.#compact();
    return true;
  }

  texts(): string[] {
    return this.#sent.slice(this.#first).map((entry) => entry.text);
  }

  clear(): void {
    this.#sent = [];
    this.#first = 0;
    this.#bytes = 0;
  }

  #compact(): void {
    this.#sent = this.#sent.slice(this.#first);
    this.#first = 0;
  }
}
