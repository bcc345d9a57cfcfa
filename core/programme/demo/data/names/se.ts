import type { NameList } from './list.ts';

const GIVEN = `
Alice Maja Elsa Astrid Wilma Freja Olivia Selma Ebba Linnea Saga Ida Emma Elin Sofia Johanna Frida Malin
Åsa Karin Annika Camilla Tuva Hedda Signe Märta William Liam Noah Hugo Lucas Oliver Oscar Elias Axel
Erik Johan Anders Lars Magnus Fredrik Henrik Mattias Björn Jonas Niklas Viktor Anton Emil Albin Gustav
Ludvig Sixten Nils Olle Pontus Rasmus Simon Tobias Åke
`;

const FAMILY = `
Andersson, Johansson, Karlsson, Nilsson, Eriksson, Larsson, Olsson, Persson, Svensson, Gustafsson,
Pettersson, Jonsson, Jansson, Hansson, Bengtsson, Jönsson, Lindberg, Jakobsson, Magnusson, Lindström,
Olofsson, Lindqvist, Lindgren, Berg, Axelsson, Bergström, Lundberg, Lind, Lundgren, Lundqvist, Mattsson,
Berglund, Fredriksson, Sandberg, Henriksson, Forsberg, Sjöberg, Wallin, Engström, Eklund, Danielsson,
Lundin, Håkansson, Björk, Bergman, Gunnarsson, Holm, Wikström, Samuelsson, Isaksson, Fransson, Bergqvist,
Nyström, Holmberg, Arvidsson, Löfgren, Söderberg, Nyberg, Blomqvist, Claesson
`;

export const SE: NameList = { given: GIVEN.trim().split(/\s+/), family: FAMILY.trim().split(/,\s+/) };
