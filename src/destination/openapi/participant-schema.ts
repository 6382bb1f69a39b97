import { fieldNames } from '../../core/model/terms.ts';
import type { FieldName } from '../../core/model/terms.ts';
import type { DerivedSettings, ReferenceFinding } from '../../core/wire-reference.ts';
import { fieldFromWireName } from '../wire.ts';
import { isList, requiredInRequests, shapeOf } from './schema-shape.ts';
import type { SchemaShape } from './schema-shape.ts';
import type { SpecNode } from './spec-node.ts';

/** What the schema of one participant decides. */
interface ParticipantFindings {
  readonly fieldCase: DerivedSettings['fieldCase'] | null;
  readonly characteristics: DerivedSettings['characteristics'] | null;
  readonly facts: readonly ReferenceFinding[];
  readonly unsupported: readonly ReferenceFinding[];
}

const builtIn: ReadonlySet<string> = new Set(fieldNames);
const characteristicsName = 'characteristics';
const otherName = /^(custom|characteristic|trait|attribute|propert)/i;

export function participantFindings(shape: SchemaShape): ParticipantFindings {
  const properties = [...shape.properties];
  const known = properties.filter(([name]) => builtIn.has(fieldFromWireName(name)));
  const others = properties.filter(([name]) => !builtIn.has(fieldFromWireName(name)) && name !== characteristicsName);
  const characteristics = characteristicsOf(shape, others);
  return {
    fieldCase: fieldCaseOf(known),
    characteristics: characteristics.setting,
    facts: [...fieldFacts(shape, known, others), ...characteristics.facts],
    unsupported: [...fieldProblems(shape, known), ...characteristics.unsupported],
  };
}

/** By the names that differ: `first_name` or `firstName`. Both where the API has both. */
function fieldCaseOf(known: readonly (readonly [string, SpecNode])[]): DerivedSettings['fieldCase'] | null {
  const snake = known.find(([name]) => name.includes('_'));
  const camel = known.find(([name]) => /[A-Z]/.test(name));
  if (snake !== undefined)
    return { value: camel === undefined ? ['snake'] : ['snake', 'camel'], place: snake[1].place };
  return camel === undefined ? null : { value: ['camel'], place: camel[1].place };
}

function fieldFacts(
  shape: SchemaShape,
  known: readonly (readonly [string, SpecNode])[],
  others: readonly (readonly [string, SpecNode])[],
): readonly ReferenceFinding[] {
  const { place } = shape.node;
  const names = new Set(known.map(([name]) => fieldFromWireName(name)));
  const absent = fieldNames.filter((name) => !names.has(name));
  const required = [...shape.required].map(fieldFromWireName).filter((name) => builtIn.has(name));
  const nullable = known.filter(([, node]) => shapeOf(node).nullable).map(([name]) => fieldFromWireName(name));
  const unsent = others.map(([name]) => name).filter((name) => !otherName.test(name));
  return [
    ...(required.length === 0 ? [] : [{ text: `Required: ${required.join(', ')}`, place }]),
    nullable.length === 0
      ? { text: 'No field may be null: keep `nulls: omit`', place }
      : { text: `May be null, so \`nulls: null\` can clear them: ${nullable.join(', ')}`, place },
    ...(absent.length === 0 ? [] : [{ text: `Not in the file; do not map: ${absent.join(', ')}`, place }]),
    ...(unsent.length === 0 ? [] : [{ text: `In the file, and not sent by panelsync: ${unsent.join(', ')}`, place }]),
  ];
}

function fieldProblems(
  shape: SchemaShape,
  known: readonly (readonly [string, SpecNode])[],
): readonly ReferenceFinding[] {
  const required = requiredInRequests(shape).filter((name) => !builtIn.has(fieldFromWireName(name)));
  const needed = required.filter((name) => name !== characteristicsName);
  const wrongTypes = known.filter(([, node]) => {
    const { types } = shapeOf(node);
    return types.size > 0 && !types.has('string');
  });
  const hasEmail = known.some(([name]) => name === ('email' satisfies FieldName));
  return [
    ...(hasEmail
      ? []
      : [{ text: 'a participant has no `email`, and panelsync identifies people by it', place: shape.node.place }]),
    ...needed.map((name) => ({
      text: `a participant needs \`${name}\`, which panelsync never sends`,
      place: (shape.properties.get(name) ?? shape.node).place,
    })),
    ...wrongTypes.map(([name, node]) => ({
      text: `\`${name}\` is ${[...shapeOf(node).types].join(' or ')}, and panelsync sends text`,
      place: node.place,
    })),
  ];
}

interface CharacteristicFindings {
  readonly setting: DerivedSettings['characteristics'] | null;
  readonly facts: readonly ReferenceFinding[];
  readonly unsupported: readonly ReferenceFinding[];
}

function characteristicsOf(
  shape: SchemaShape,
  others: readonly (readonly [string, SpecNode])[],
): CharacteristicFindings {
  const node = shape.properties.get(characteristicsName);
  if (node !== undefined) return underCharacteristics(node);
  const other = others.find(([name, found]) => otherName.test(name) && !shapeOf(found).types.has('string'));
  if (other !== undefined) {
    return unsupported(`characteristics go under \`${other[0]}\``, other[1]);
  }
  const { additional } = shape;
  if (additional === null || additional === false) {
    return unsupported('a participant has no place for characteristics', shape.node);
  }
  const place = additional === true ? shape.node : additional;
  return {
    ...valueFindings(additional === true ? null : additional),
    setting: { value: ['flat'], place: place.place },
  };
}

function underCharacteristics(node: SpecNode): CharacteristicFindings {
  const shape = shapeOf(node);
  if (!isList(shape)) {
    const value = typeof shape.additional === 'object' ? shape.additional : ([...shape.properties.values()][0] ?? null);
    return { ...valueFindings(value), setting: { value: ['nested'], place: node.place } };
  }
  const item = shape.items === null ? null : shapeOf(shape.items);
  const names = [...(item?.properties.keys() ?? [])];
  const value = item?.properties.get('value');
  if (value === undefined || !names.includes('slug')) {
    return unsupported(
      `entries of \`characteristics\` have ${names.join(' and ') || 'no names'} instead of slug and value`,
      node,
    );
  }
  return { ...valueFindings(value), setting: { value: ['list'], place: node.place } };
}

function valueFindings(node: SpecNode | null): Pick<CharacteristicFindings, 'facts' | 'unsupported'> {
  const types = node === null ? [] : [...shapeOf(node).types];
  if (node === null || types.length === 0) return { facts: [], unsupported: [] };
  const { place } = node;
  const facts = [{ text: `Characteristics take ${types.join(', ')}`, place }];
  if (types.includes('string') && types.length > 1) return { facts, unsupported: [] };
  const text = `characteristics take ${types.join(', ')} only: give each a matching \`type\` in the mapping`;
  return { facts: [], unsupported: [{ text, place }] };
}

function unsupported(text: string, node: SpecNode): CharacteristicFindings {
  return { setting: null, facts: [], unsupported: [{ text, place: node.place }] };
}
