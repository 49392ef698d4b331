import 'reflect-metadata'
import { Body, Controller, Module, Post, Req, Res } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { Request, Response } from 'express'
import { nodeHandler } from 'wechatpay-edge/frameworks'
import { wechatpay } from 'wechatpay-edge/node'
import { createNotificationHandler } from 'wechatpay-edge/notification'

const orders = new Map([['order1', { total: 100, appid: process.env.WECHATPAY_APPID }]]) // your database; fen
const handler = createNotificationHandler(
  wechatpay(),
  { 'TRANSACTION.SUCCESS': ({ resource }) => console.log('paid:', resource.out_trade_no) },
  { expect: ({ resource }) => orders.get(String(resource.out_trade_no)) },
)
const notify = nodeHandler(handler)

@Controller()
class ShopController {
  @Post('notify')
  notify(@Req() req: Request, @Res() res: Response): Promise<void> {
    return notify(req, res)
  }

  @Post('orders')
  order(@Body() order: object): object {
    return order
  }
}

@Module({ controllers: [ShopController] })
class ShopModule {}

const app = await NestFactory.create(ShopModule, { rawBody: true }) // keeps the bytes beside the parsed body
await app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1')
console.log(`${await app.getUrl()}/notify`)
