/** The books that the shelf begins with. */
export const books = [
  { title: 'Le Petit Prince', author: 'Antoine de Saint-Exupéry', year: 1943 },
  { title: 'The Left Hand of Darkness', author: 'Ursula K. Le Guin', year: 1969 },
  { title: 'The Dispossessed', author: 'Ursula K. Le Guin', year: 1974 },
  { title: 'Frankenstein', author: 'Mary Shelley', year: 1818 },
  { title: 'Cien años de soledad', author: 'Gabriel García Márquez', year: 1967 },
];
