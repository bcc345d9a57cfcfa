import type { NameList } from './list.ts';

const GIVEN = `
Priya Ananya Aditi Diya Isha Kavya Meera Neha Pooja Riya Sneha Shreya Swati Tanvi Vidya Anjali Divya
Lakshmi Nandini Pallavi Radhika Sakshi Simran Sonal Aishwarya Deepika Aarav Arjun Rohan Rahul Amit
Vikram Karan Aditya Nikhil Siddharth Varun Rajesh Suresh Manish Ankit Gaurav Harsh Ishaan Kunal Mohit
Naveen Pranav Rohit Sachin Sandeep Tarun Vivek Yash Abhishek Akash Ashwin Dev Ganesh Imran
`;

const FAMILY = `
Sharma, Verma, Gupta, Singh, Kumar, Patel, Shah, Mehta, Joshi, Desai, Reddy, Rao, Nair, Menon, Iyer,
Iyengar, Pillai, Das, Banerjee, Mukherjee, Chatterjee, Ghosh, Bose, Sen, Dutta, Roy, Kapoor, Malhotra,
Khanna, Chopra, Bhatia, Arora, Sethi, Agarwal, Mittal, Bansal, Jain, Goyal, Mishra, Pandey, Tiwari,
Dubey, Trivedi, Chauhan, Rathore, Yadav, Thakur, Kulkarni, Deshpande, Patil, Pawar, Jadhav, Kaur, Gill,
Sandhu, Khan, Ansari, Hegde, Shetty, Bhat
`;

export const INDIA: NameList = { given: GIVEN.trim().split(/\s+/), family: FAMILY.trim().split(/,\s+/) };
