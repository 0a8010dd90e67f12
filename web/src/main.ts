// What a browser adds to the page that the server made: it stays true while it
// is open, its chart can be asked and zoomed, and times are also told as they
// are here. Without any of this the page shows the same.
import { startChart } from './chart';
import { addLocalTimes, keepTrue } from './live';

const figure = document.querySelector<HTMLElement>('#chart figure');
const chart = figure && startChart(figure);

if (document.getElementById('sentence'))
	keepTrue(chart);
addLocalTimes();

// The view is in the address: a choice leads to another one.
const form = document.querySelector<HTMLFormElement>('#view');
form?.addEventListener('change', () => form.requestSubmit());
