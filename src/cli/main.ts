#!/usr/bin/env node
import { run } from './program.ts'

void run(process.argv.slice(2)).then(status => { process.exitCode = status })
