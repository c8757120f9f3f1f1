import { ttl } from './model.ts'
import { Player, type Operation } from './player.ts'

// A process of its own, started by programs.ts with the options of its stores: plays what it is sent.
const options = JSON.parse(process.argv[2] ?? '{}')
let player: Player | null = null

process.on('message', (message: string | { readonly operation: Operation, readonly now: number }) => {
  void (async () => {
    if (typeof message !== 'string') return await player?.play(message.operation, message.now)
    await player?.close()
    player = new Player(message, { ...options, ttl })
    return null
  })().then(reply => process.send?.(reply))
})
