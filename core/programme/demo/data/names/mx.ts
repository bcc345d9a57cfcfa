import type { NameList } from './list.ts';

const GIVEN = `
Ximena Valentina Camila Renata Regina Fernanda Guadalupe Alejandra Mariana Daniela Gabriela Paola Karla
Mónica Verónica Adriana Lorena Yolanda Catalina Juliana Natalia Florencia Agustina Milagros Rocío
Luciana Santiago Sebastián Emiliano Mateo Diego Leonardo Rodrigo Eduardo Ricardo Roberto Francisco
Arturo Héctor Alejandro Joaquín Tomás Facundo Bautista Nicolás Gonzalo Esteban Camilo Andrés Felipe
Julián Ramiro Ernesto Gerardo Gustavo Hernán Iván Lautaro Maximiliano Salvador
`;

const FAMILY = `
Hernández, García, Martínez, López, González, Pérez, Rodríguez, Sánchez, Ramírez, Cruz, Flores, Gómez,
Morales, Vázquez, Reyes, Jiménez, Torres, Díaz, Gutiérrez, Ruiz, Mendoza, Aguilar, Ortiz, Moreno,
Castillo, Romero, Álvarez, Méndez, Chávez, Rivera, Juárez, Ramos, Domínguez, Herrera, Medina, Castro,
Vargas, Guzmán, Velázquez, Rojas, Contreras, Salazar, Luna, Ortega, Guerrero, Estrada, Bautista,
Cervantes, Fernández, Sosa, Acosta, Benítez, Cabrera, Figueroa, Ibarra, Ledesma, Peralta, Quiroga,
Restrepo, Zapata
`;

export const MX: NameList = { given: GIVEN.trim().split(/\s+/), family: FAMILY.trim().split(/,\s+/) };
