import "tdesign-vue-next/es/style/index.css";
import "./style.css";
import "./theme";

import { createApp } from "vue";

import App from "./App.vue";
import { router } from "./router";
import { tellMissing } from "./shell/missing";

tellMissing(router);
createApp(App).use(router).mount("#console");
