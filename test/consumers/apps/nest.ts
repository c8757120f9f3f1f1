import 'reflect-metadata'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import { Controller, Get, Module, Post, Req } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyRequest } from 'fastify'
import { FileStore } from 'fastify-file-session-store'

declare module 'fastify' {
  interface Session { user?: string }
}

@Controller()
class AccountController {
  @Post('login')
  login (@Req() request: FastifyRequest): object {
    request.session.user = 'ada'
    return {}
  }

  @Get('me')
  me (@Req() request: FastifyRequest): object {
    return { user: request.session.user ?? null }
  }
}

@Module({ controllers: [AccountController] })
class AppModule {}

export async function createApp (): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), { logger: ['error', 'warn'] })
  const store = new FileStore('./sessions')
  await app.register(fastifyCookie)
  await app.register(fastifySession, { secret: 'a secret of at least 32 characters', cookie: { secure: false }, store })
  app.getHttpAdapter().getInstance().addHook('onClose', () => store.close())
  return app
}
