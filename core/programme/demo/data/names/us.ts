import type { NameList } from './list.ts';

const GIVEN = `
Emma Ava Sophia Isabella Mia Madison Abigail Ashley Brittany Jessica Kayla Taylor Morgan Hailey Brianna
Jasmine Alexis Megan Nicole Stephanie Destiny Savannah Paige Lauren Kimberly Michelle Maria Aaliyah Noah
Mason Ethan Logan Jacob Michael Daniel Matthew Tyler Brandon Justin Kevin Ryan Andrew Joshua Christopher
Anthony Jordan Austin Cody Dylan Hunter Chase Travis Marcus Darius Malik Jose Luis Eric Brian Derek
Trevor
`;

const FAMILY = `
Smith, Johnson, Williams, Brown, Jones, Garcia, Miller, Davis, Rodriguez, Martinez, Hernandez, Lopez,
Gonzalez, Wilson, Anderson, Thomas, Taylor, Moore, Jackson, Martin, Lee, Perez, Thompson, White, Harris,
Sanchez, Clark, Ramirez, Lewis, Robinson, Walker, Young, Allen, King, Wright, Scott, Torres, Nguyen,
Hill, Flores, Green, Adams, Nelson, Baker, Hall, Rivera, Campbell, Mitchell, Carter, Roberts, Gomez,
Phillips, Evans, Turner, Diaz, Parker, Cruz, Edwards, Collins, Reyes, Stewart, Morris, Morales, Murphy,
Kim, Chen, Olson, Sullivan
`;

export const US: NameList = { given: GIVEN.trim().split(/\s+/), family: FAMILY.trim().split(/,\s+/) };
