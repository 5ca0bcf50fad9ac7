/**
 * reject-as: a BNDREPLY that accepts becomes one that rejects (RFC 8156 §7.6), at one of the two levels where a
 * rejection may stand: in every lease, or in the outermost option for the whole update.
 */
import { checkEdit, type Edit, editMessage } from '../../dissect/edit.ts';
import { forward, marked, momentary } from '../stage.ts';
import { typed } from './edit.ts';
import { defineFault } from './kind.ts';
import { changedUnit, PROTOCOL, unitWith } from './patch.ts';

interface Parameters {
  readonly status: string;
  readonly message: string;
  readonly level: string;
}

export const rejectAs = defineFault<Parameters>({
  name: 'reject-as',
  summary: 'turns an accepting BNDREPLY into a rejecting one',
  trigger: 'message',
  onlyTypes: ['BNDREPLY'],
  parameters: {
    status: {
      type: 'word',
      fallback: 'OutdatedBindingInformation',
      positional: true,
      doc: 'status code, by name or number',
    },
    message: { type: 'word', fallback: 'rejected by leasetap', doc: 'status message' },
    level: {
      type: 'word',
      choices: ['leases', 'update'],
      fallback: 'leases',
      doc: 'where the status stands: in each lease, or in the outermost option for the whole update',
    },
  },
  describe: ({ status }) => `turns every BNDREPLY into a rejection with ${status}`,
  check: (parameters, dissectors) => {
    for (const each of placesOf(parameters.level)) checkEdit(dissectors, PROTOCOL, adding(parameters, each));
  },
  stage: (parameters, { dissect, dissectors }) =>
    momentary((unit, hit, now) => {
      const { message } = unit;
      if (hit === undefined || message === null) return [forward(unit)];
      const edits: Edit[] = [{ do: 'remove', place: 'STATUS_CODE' }];
      const fitting = placesOf(parameters.level).filter(
        (place) => editMessage(dissectors, message, [adding(parameters, place)]).count > 0,
      );
      const places = parameters.level === 'update' ? fitting.slice(0, 1) : fitting;
      edits.push(...(places.length > 0 ? places : [undefined]).map((place) => adding(parameters, place)));
      const octets = unitWith(editMessage(dissectors, message, edits).bytes, message);
      return [forward(changedUnit(marked(unit, hit, parameters.status), octets, dissect, now))];
    }),
});

/** At the level of leases both kinds; of the update the first of these that is there, which is the outermost. */
function placesOf(level: string): readonly string[] {
  return level === 'leases' ? ['IAADDR', 'IAPREFIX'] : ['CLIENT_DATA', 'IAPREFIX'];
}

function adding({ status, message }: Parameters, place: string | undefined): Edit {
  const option = { STATUS_CODE: { 'status-code': typed(status), 'status-message': message } };
  return { do: 'add', option, ...(place === undefined ? {} : { place }) };
}
