interface Policy {
  createHTML(html: string): string;
}

// The page's policy takes no string for a document. This is the one place that makes one of what an app sent, and it goes
// into a frame with an empty sandbox: no script, no form, no origin. Browsers without trusted types take the string.
const factory = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } }).trustedTypes;
const policy: Policy = factory?.createPolicy('sandboxed-preview', { createHTML: (html) => html }) ?? { createHTML: (html) => html };

/** Beside the page's own policy, which holds in the frame too: nothing is asked for, not of the inspector either. */
const NOTHING = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:">`;

/** Shows a document in a frame that is sandboxed, and in no other. */
export const preview = (html: string) => (frame: HTMLIFrameElement) => {
  if (frame.getAttribute('sandbox') !== '') throw new Error('The preview needs an empty sandbox.');
  frame.srcdoc = policy.createHTML(NOTHING + html);
};
