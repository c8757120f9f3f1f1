import * as fs from 'node:fs'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { checkDirectory } from '../../index.ts'
import type { Context } from '../context.ts'
import { reasonOf } from '../exit.ts'
import { formatCount, formatDuration } from '../format.ts'
import { fine, type Finding } from './finding.ts'

// The number of replacements that are timed: with more, their median does not change.
const rounds = 40

// In milliseconds. The longest clock tick of a file system that is measured: FAT has two seconds.
const patience = 2_500

// In milliseconds. A clock that is off by more than this makes sessions expire at an unexpected time.
const tolerance = 2_000

// The magic numbers of statfs(2) for file systems that several machines share.
const networks = new Map([[0x6969, 'NFS'], [0x517B, 'SMB'], [0xFF534D42, 'CIFS'], [0xFE534D42, 'SMB2'], [0x00C36400, 'Ceph'], [0x01021997, '9P'], [0x65735546, 'FUSE']])

const names = new Map([[0xEF53, 'ext4'], [0x58465342, 'XFS'], [0x9123683E, 'btrfs'], [0x01021994, 'tmpfs'], [0x794C7630, 'overlayfs'], [0x2FC12FC1, 'ZFS'], [0x4D44, 'FAT'], [0x5346544E, 'NTFS'], ...networks])

/** What the file system is like, found out by writing a few hidden files and removing them again. */
export async function examineDisk ({ directory }: Context): Promise<readonly Finding[]> {
  const { type } = fs.statfsSync(directory)
  const name = names.get(type >>> 0) ?? `type 0x${(type >>> 0).toString(16)}`
  const network = networkFinding(type >>> 0, name)
  const checked = await checkDirectory(directory)
  if (checked.isErr()) return [network, { level: 'problem', subject: 'disk', message: `${checked.error.reason}.` }]
  // The name of a temporary file of the store: should one be left, a prune removes it.
  const tag = join(directory, `.${randomBytes(6).toString('hex')}-`)
  const files = [`${tag}0.tmp`, `${tag}1.tmp`] as const
  try {
    return [network, ...measure(files, name)]
  } catch (cause) {
    return [network, { level: 'problem', subject: 'disk', message: `The file system could not be measured: ${reasonOf(cause)}.`, advice: 'Sessions can be saved; see the log of the system.' }]
  } finally {
    files.forEach(file => fs.rmSync(file, { force: true }))
  }
}

function networkFinding (type: number, name: string): Finding {
  return networks.has(type)
    ? { level: 'note', subject: 'file system', message: `The directory is on a network file system (${name}): a logout on one machine may be seen late on another.`, advice: 'Send each user to one machine, or move to Redis or Valkey.' }
    : fine('file system', `The directory is on a local file system (${name}).`)
}

function measure ([file, temporary]: readonly [string, string], name: string): readonly Finding[] {
  fs.writeFileSync(file, '{}', { flag: 'wx', mode: 0o600 })
  const offset = fs.statSync(file).ctimeMs - Date.now()
  const tick = tickOf(file)
  const cost = replacementCost(file, temporary)
  return [clockFinding(offset), tickFinding(tick), resolutionFinding(file), costFinding(cost, name)]
}

function clockFinding (offset: number): Finding {
  if (Math.abs(offset) <= tolerance) return fine('clock', "The file system's clock and this machine's agree.")
  return { level: 'problem', subject: 'clock', message: `The file system's clock is ${formatDuration(Math.abs(offset))} ${offset > 0 ? 'ahead' : 'behind'}.`, advice: 'Synchronize the clocks of both machines (chrony, systemd-timesyncd): sessions expire by them.' }
}

// How far two change times are apart that follow each other as closely as can be.
function tickOf (file: string): number {
  const start = performance.now()
  const first = changeTime(file)
  for (let second = first; performance.now() - start < patience;) {
    fs.utimesSync(file, 1, 1)
    second = changeTime(file)
    if (second === first) continue
    const begin = second
    while (second === begin && performance.now() - start < patience) {
      fs.utimesSync(file, 1, 1)
      second = changeTime(file)
    }
    return second - begin
  }
  return patience
}

function tickFinding (tick: number): Finding {
  const message = `Its times advance every ${tick < 1 ? `${Math.max(1, Math.round(tick * 1000))} µs` : formatDuration(tick)}.`
  if (tick < 100) return fine('granularity', message)
  return { level: 'note', subject: 'granularity', message, advice: 'A session that was just written is read again until its time is over: reads are slower, and still exact.' }
}

function resolutionFinding (file: string): Finding {
  fs.utimesSync(file, 1_000_000_000.123, 1_000_000_000.123)
  if (Math.abs(fs.statSync(file).mtimeMs - 1_000_000_000_123) < 2) return fine('times', 'A modification time is kept to the millisecond.')
  return { level: 'note', subject: 'times', message: 'A modification time is not kept to the millisecond.', advice: 'Sessions expire up to two seconds early or late.' }
}

function replacementCost (file: string, temporary: string): number {
  const text = JSON.stringify({ cookie: {}, text: 'x'.repeat(400) })
  const durations = Array.from({ length: rounds }, () => {
    const start = performance.now()
    fs.writeFileSync(temporary, text, { flag: 'wx', mode: 0o600 })
    fs.renameSync(temporary, file)
    return performance.now() - start
  }).sort((one, other) => one - other)
  return durations[rounds / 2]!
}

function costFinding (cost: number, name: string): Finding {
  const rate = formatCount(Math.round(1000 / cost))
  const message = `Replacing a file takes ${cost < 1 ? `${Math.round(cost * 1000)} µs` : `${cost.toFixed(1)} ms`}: at most ${rate} changed sessions a second.`
  if (cost < 0.5) return fine('replacement', message)
  const advice = name === 'ext4'
    ? 'ext4 writes a replaced file to the device immediately; a file system mounted with noauto_da_alloc, XFS or tmpfs takes a tenth of it.'
    : "Such a disk is slow for changed sessions; io: 'async' keeps the event loop free of it."
  return { level: 'note', subject: 'replacement', message, advice }
}

function changeTime (file: string): number {
  const { ctimeNs } = fs.statSync(file, { bigint: true })
  return Number(ctimeNs % 1_000_000_000_000_000n) / 1e6
}
