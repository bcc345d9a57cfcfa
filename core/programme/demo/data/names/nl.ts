import type { NameList } from './list.ts';

const GIVEN = `
Emma Julia Tess Sophie Sanne Lotte Femke Anouk Fleur Iris Eva Lieke Noor Roos Isa Marloes Marieke
Annemiek Ingrid Esther Kim Naomi Floor Maud Jasmijn Mirthe Daan Sem Lucas Levi Bram Finn Luuk Thijs
Jesse Lars Ruben Stijn Tim Tom Niels Jeroen Maarten Pieter Wouter Joost Sander Bas Koen Sjoerd Gijs
Hidde Floris Rutger Martijn Dirk Kees Hendrik Joris Mees
`;

const FAMILY = `
de Jong, Jansen, de Vries, van den Berg, van Dijk, Bakker, Janssen, Visser, Smit, Meijer, de Boer,
Mulder, de Groot, Bos, Vos, Peters, Hendriks, van Leeuwen, Dekker, Brouwer, de Wit, Dijkstra, Smits,
de Graaf, van der Meer, Kok, Jacobs, van der Linden, Vermeulen, van den Heuvel, van der Veen,
van den Broek, Schouten, van Beek, Willems, Prins, Hoekstra, Huisman, van Vliet, Kuipers, Maas,
Verhoeven, Koster, Postma, Blom, Bosch, Gerritsen, Timmermans, Veenstra, Wolters, Scholten, Groen,
Kramer, Driessen, van Loon, Kuiper, Evers, Molenaar, Bouwman, Hermans
`;

export const NL: NameList = { given: GIVEN.trim().split(/\s+/), family: FAMILY.trim().split(/,\s+/) };
