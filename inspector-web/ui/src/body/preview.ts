interface Policy {
  createHTML(html: string): string;
}

// The page's policy takes no string for a document. This is the one place that makes one of what an app sent, and it goes
// into a frame with an empty sandbox: no script, no form, no origin; the page's policy holds there too, so nothing is
// loaded. Browsers without trusted types take the string.
const factory = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } }).trustedTypes;
const policy: Policy = factory?.createPolicy('sandboxed-preview', { createHTML: (html) => html }) ?? { createHTML: (html) => html };

/** Shows a document in a frame that is sandboxed, and in no other. */
export const preview = (html: string) => (frame: HTMLIFrameElement) => {
  if (frame.getAttribute('sandbox') !== '') throw new Error('The preview needs an empty sandbox.');
  frame.srcdoc = policy.createHTML(html);
};
