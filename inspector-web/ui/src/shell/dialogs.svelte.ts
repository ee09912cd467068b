/** What can lie above the page. */
export type Dialog = 'commands' | 'keys' | 'settings' | 'state';

class Dialogs {
  open = $state<Dialog | null>(null);

  show(dialog: Dialog): void {
    this.open = dialog;
  }

  toggle(dialog: Dialog): void {
    this.open = this.open === dialog ? null : dialog;
  }
}

export const dialogs = new Dialogs();
