import type { NameList } from './list.ts';

const GIVEN = `
Olivia Amelia Isla Emily Charlotte Lucy Grace Holly Megan Chloe Ellie Freya Georgia Poppy Imogen Niamh
Aoife Siobhan Hannah Rachel Gemma Kirsty Eleanor Harriet Beth Zara Oliver Harry Jack Charlie Thomas
George Oscar James William Alfie Callum Rhys Ewan Liam Connor Declan Ciaran Gareth Stuart Graham Simon
Nigel Adam Toby Rory Hamish Angus Daniel Joseph Samuel Lewis Finlay Archie Edward
`;

const FAMILY = `
Smith, Jones, Taylor, Brown, Williams, Wilson, Johnson, Davies, Patel, Robinson, Wright, Thompson, Evans,
Walker, White, Roberts, Green, Hall, Wood, Jackson, Clarke, Harrison, Scott, Cooper, Turner, Hill, Ward,
Moore, Morris, Khan, Baker, Hughes, Edwards, Parker, Bennett, Murphy, Kelly, O'Brien, Byrne, Ryan,
O'Connor, Walsh, Campbell, Stewart, MacDonald, Murray, Reid, Fraser, Shaw, Mason, Knight, Palmer, Rogers,
Hunt, Gibson, Fletcher, Barnes, Lloyd, Griffiths, Pritchard, Whitfield, Ashworth
`;

export const GB: NameList = { given: GIVEN.trim().split(/\s+/), family: FAMILY.trim().split(/,\s+/) };
