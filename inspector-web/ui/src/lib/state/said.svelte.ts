/** What the page has to say for a moment. */
class Said {
  text = $state<string | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string): void {
    this.text = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.text = null), 4_000);
  }

  /** Puts a text into the clipboard, and says so; `what` is the text, in words. */
  async copy(text: string | Promise<string>, what: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(await text);
      this.say(`Copied: ${what}.`);
    } catch (error) {
      this.say(`Not copied: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

export const said = new Said();
