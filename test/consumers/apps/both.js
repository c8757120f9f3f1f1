import { createRequire } from 'node:module'
import * as imported from 'fastify-file-session-store'

// However many module systems a process uses, the package is loaded once.
const require = createRequire(import.meta.url)
const required = require('fastify-file-session-store')
console.log(imported.FileStore === required.FileStore && imported.Cipher === required.Cipher)
