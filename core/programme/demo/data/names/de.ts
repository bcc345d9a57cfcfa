import type { NameList } from './list.ts';

const GIVEN = `
Anna Lena Julia Sarah Laura Katharina Johanna Franziska Hannah Sophie Marie Clara Greta Ida Frieda
Miriam Nele Carolin Jana Svenja Antje Birgit Sabine Ulrike Heike Zoë Lukas Felix Jonas Maximilian Till
Moritz Jakob Florian Stefan Matthias Tobias Sebastian Jan Niklas Fabian Philipp Andreas Thomas Markus
Jürgen Björn Sören Henrik Emil Anton Konstantin Lennart Oskar Vincent Hannes Jörg Ralf Uwe Rüdiger
`;

const FAMILY = `
Müller, Schmidt, Schneider, Fischer, Weber, Meyer, Wagner, Becker, Schulz, Hoffmann, Schäfer, Koch,
Bauer, Richter, Klein, Wolf, Schröder, Neumann, Schwarz, Zimmermann, Braun, Krüger, Hofmann, Hartmann,
Lange, Schmitt, Werner, Krause, Lehmann, Schmid, Maier, Köhler, Herrmann, König, Walter, Mayer, Huber,
Kaiser, Fuchs, Peters, Lang, Scholz, Möller, Weiß, Jung, Hahn, Vogel, Friedrich, Keller, Günther, Frank,
Berger, Winkler, Roth, Beck, Lorenz, Baumann, Franke, Albrecht, Schuster, Simon, Ludwig, Böhm, Winter
`;

export const DE: NameList = { given: GIVEN.trim().split(/\s+/), family: FAMILY.trim().split(/,\s+/) };
