import type { Delivery } from "@itsy/core";

import { routerOf } from "../procedure.ts";

export const deliveryRouter = (delivery: Delivery) =>
  routerOf("delivery", {
    observe: delivery.observe,
    register: delivery.register,
    confirm: delivery.confirm,
    configure: delivery.configure,
    release: delivery.release,
    adopt: delivery.adopt,
    retire: delivery.retire,
  });
