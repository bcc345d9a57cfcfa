import type { NameList } from './list.ts';

const GIVEN = `
Camille Léa Manon Chloé Emma Inès Juliette Louise Alice Margaux Clémence Pauline Mathilde Élodie Aurélie
Céline Sandrine Nathalie Sylvie Amandine Charlotte Justine Noémie Anaïs Zoé Eva Lucas Hugo Louis Gabriel
Arthur Jules Adam Raphaël Léo Paul Antoine Maxime Alexandre Thomas Nicolas Julien Romain Guillaume
Benoît Cédric François Jérôme Mathieu Olivier Pierre Quentin Rémi Sébastien Thibault Valentin Yann Loïc
Baptiste Théo
`;

const FAMILY = `
Martin, Bernard, Thomas, Petit, Robert, Richard, Durand, Dubois, Moreau, Laurent, Simon, Michel,
Lefebvre, Leroy, Roux, David, Bertrand, Morel, Fournier, Girard, Bonnet, Dupont, Lambert, Fontaine,
Rousseau, Vincent, Muller, Lefèvre, Faure, André, Mercier, Blanc, Guérin, Boyer, Garnier, Chevalier,
François, Legrand, Gauthier, Garcia, Perrin, Robin, Clément, Morin, Nicolas, Henry, Roussel, Mathieu,
Gautier, Masson, Marchand, Duval, Denis, Dumont, Marie, Lemaire, Noël, Meyer, Dufour, Meunier, Brun,
Blanchard, Giraud, Joly
`;

export const FR: NameList = { given: GIVEN.trim().split(/\s+/), family: FAMILY.trim().split(/,\s+/) };
