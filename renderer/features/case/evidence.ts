import { ask, failureText } from '../../app/bridge.ts';
import { say } from './decisions-made.ts';

/** Asks where to save the evidence of a case, and says at the foot what became of it. */
export async function saveEvidence(itemId: string): Promise<void> {
  try {
    const bundle = await ask('case.bundle', { itemId });
    if (bundle === null) {
      say('Not saved: this case is not there any more.');
      return;
    }
    const { saved } = await ask('file.save', { name: `umpire-case-${itemId}.html`, text: bundle.html });
    if (saved) say('Evidence saved');
  } catch (error) {
    say(`Evidence not saved: ${failureText(error)}`);
  }
}
