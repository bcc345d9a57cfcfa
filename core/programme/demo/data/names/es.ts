import type { NameList } from './list.ts';

const GIVEN = `
Lucía Sofía Martina María Paula Daniela Valeria Alba Julia Noa Carmen Ana Laura Marta Elena Cristina
Pilar Rocío Nuria Beatriz Silvia Raquel Inés Irene Sara Andrea Hugo Martín Lucas Mateo Leo Daniel
Alejandro Pablo Manuel Álvaro Adrián David Mario Diego Javier Carlos Antonio José Miguel Sergio Jorge
Rubén Iván Óscar Raúl Víctor Íñigo Jaime Gonzalo Guillermo Fernando Ignacio Marcos Andrés
`;

const FAMILY = `
García, Rodríguez, González, Fernández, López, Martínez, Sánchez, Pérez, Gómez, Martín, Jiménez, Ruiz,
Hernández, Díaz, Moreno, Muñoz, Álvarez, Romero, Alonso, Gutiérrez, Navarro, Torres, Domínguez, Vázquez,
Ramos, Gil, Ramírez, Serrano, Blanco, Molina, Morales, Suárez, Ortega, Delgado, Castro, Ortiz, Rubio,
Marín, Sanz, Núñez, Iglesias, Medina, Garrido, Cortés, Castillo, Santos, Lozano, Guerrero, Cano, Prieto,
Méndez, Cruz, Calvo, Gallego, Vidal, León, Márquez, Herrera, Peña, Flores
`;

export const ES: NameList = { given: GIVEN.trim().split(/\s+/), family: FAMILY.trim().split(/,\s+/) };
