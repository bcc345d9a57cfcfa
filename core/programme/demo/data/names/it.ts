import type { NameList } from './list.ts';

const GIVEN = `
Giulia Sofia Aurora Martina Chiara Francesca Alice Sara Elisa Giorgia Valentina Federica Silvia Alessia
Elena Ilaria Serena Marta Beatrice Camilla Ludovica Paola Roberta Cristina Noemi Viola Leonardo
Francesco Lorenzo Alessandro Andrea Mattia Gabriele Tommaso Riccardo Edoardo Matteo Giuseppe Antonio
Davide Federico Marco Luca Simone Stefano Paolo Giovanni Roberto Michele Nicola Emanuele Filippo Pietro
Daniele Fabio Enrico Massimo Salvatore Vincenzo Dario
`;

const FAMILY = `
Rossi, Russo, Ferrari, Esposito, Bianchi, Romano, Colombo, Ricci, Marino, Greco, Bruno, Gallo, Conti,
De Luca, Mancini, Costa, Giordano, Rizzo, Lombardi, Moretti, Barbieri, Fontana, Santoro, Mariani,
Rinaldi, Caruso, Ferrara, Galli, Martini, Leone, Longo, Gentile, Martinelli, Vitale, Lombardo, Serra,
Coppola, De Santis, D'Angelo, Marchetti, Parisi, Villa, Conte, Ferraro, Ferri, Fabbri, Bianco, Marini,
Grasso, Valentini, Messina, Sala, De Angelis, Gatti, Pellegrini, Palumbo, Sanna, Farina, Rizzi, Monti
`;

export const IT: NameList = { given: GIVEN.trim().split(/\s+/), family: FAMILY.trim().split(/,\s+/) };
