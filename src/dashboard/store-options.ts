import { FileStore } from '../index.ts'

/** Reads the options of a store, which are protected: the dashboard has to read sessions as the store does. */
class OptionsReader extends FileStore {
  static read (store: FileStore): OptionsReader['options'] {
    return (store as OptionsReader).options
  }
}

/** The options that a store was made with, and its defaults. */
export function optionsOf (store: FileStore): OptionsReader['options'] {
  return OptionsReader.read(store)
}
