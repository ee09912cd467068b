/** A server-sent event. */
export interface ServerEvent {
  event: string;
  id: string | null;
  data: string;
}

/** Reads `text/event-stream` as chunks come: `push` gives the events that are whole. */
export class EventReader {
  #rest = '';
  #event = 'message';
  #id: string | null = null;
  #data: string[] = [];

  push(text: string): ServerEvent[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    const events: ServerEvent[] = [];
    for (const line of lines) {
      const found = this.#line(line);
      if (found) events.push(found);
    }
    return events;
  }

  #line(line: string): ServerEvent | null {
    if (line !== '') {
      const colon = line.indexOf(':');
      const name = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (name === 'event') this.#event = value;
      else if (name === 'id') this.#id = value;
      else if (name === 'data') this.#data.push(value);
      return null;
    }
    const whole = { event: this.#event, id: this.#id, data: this.#data.join('\n') };
    const some = this.#data.length > 0;
    this.#event = 'message';
    this.#data = [];
    return some ? whole : null;
  }
}
